"""A handler of `logging` that publishes records, and a logger that names topics.

The topic of a record is `root_topic.LEVEL`. A message `"topic::text"` is published as `text`, under
`root_topic.LEVEL.topic`.
"""

from __future__ import annotations

import copy
import logging
from typing import Any, Final

from .. import PUB, Context, Socket

__all__ = ["TOPIC_DELIM", "PUBHandler", "TopicLogger"]

TOPIC_DELIM: Final = "::"
"""What separates the topic from the text in a message."""

_PLAIN: Final = "%(message)s\n"
_PLACE: Final = "%(levelname)s %(filename)s:%(lineno)d - %(message)s\n"
_ERROR: Final = "%(levelname)s %(filename)s:%(lineno)d - %(message)s - %(exc_info)s\n"


class PUBHandler(logging.Handler):
    """Publishes log records as two frames: the topic and the text, in UTF-8.

    `interface_or_socket` is a PUB socket, which stays its owner's, or an endpoint to bind one to,
    in `context` or else in a new one. `formatters` has a formatter for each level. A record that
    cannot be published, as its context has ended, is reported as `logging` reports errors.
    """

    def __init__(
        self,
        interface_or_socket: str | Socket[Any],
        context: Context[Any] | None = None,
        root_topic: str = "",
    ) -> None:
        super().__init__()
        self.root_topic = root_topic
        self.formatters: dict[int, logging.Formatter] = {}
        self.setFormatter(None)
        if isinstance(interface_or_socket, str):
            self.ctx: Context[Any] = context or Context()
            self.socket: Socket[Any] = self.ctx.socket(PUB)
            self.socket.bind(interface_or_socket)
        else:
            self.socket = interface_or_socket
            self.ctx = self.socket.context

    @property
    def root_topic(self) -> str:
        """What every topic begins with; bytes are taken as UTF-8."""
        return self._root_topic

    @root_topic.setter
    def root_topic(self, value: str | bytes) -> None:
        self._root_topic = value.decode() if isinstance(value, bytes) else value

    def setRootTopic(self, root_topic: str | bytes) -> None:
        """Set `root_topic`."""
        self.root_topic = root_topic

    def setFormatter(self, fmt: logging.Formatter | None, level: int = logging.NOTSET) -> None:
        """Set the formatter of one level, or of all; None is for those it begins with."""
        for each in (level,) if level else _FORMATTERS:
            self.formatters[each] = fmt or _FORMATTERS.get(each, _FORMATTERS[logging.INFO])

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of a record; a level without a formatter has the one of INFO."""
        formatter = self.formatters.get(record.levelno) or self.formatters[logging.INFO]
        return formatter.format(record)

    def emit(self, record: logging.LogRecord) -> None:
        """Publish a record."""
        try:
            topics = [self.root_topic, record.levelname]
            topic, delimiter, text = str(record.msg).partition(TOPIC_DELIM)
            if delimiter:
                record = copy.copy(record)  # other handlers want it as it is
                record.msg = text
                topics.append(topic)
            frames = [".".join(filter(None, topics)), self.format(record)]
            self.socket.send_multipart([frame.encode() for frame in frames])
        except Exception:
            self.handleError(record)


_FORMATTERS: Final = {
    logging.DEBUG: logging.Formatter(_PLACE),
    logging.INFO: logging.Formatter(_PLAIN),
    logging.WARNING: logging.Formatter(_PLACE),
    logging.ERROR: logging.Formatter(_ERROR),
    logging.CRITICAL: logging.Formatter(_PLACE),
}


class TopicLogger(logging.Logger):
    """A logger whose methods take a topic in front of the message, for a PUBHandler."""

    def log(self, level: int, topic: str, msg: str, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Log `msg` with a level under a topic."""
        self._log_topic(level, topic, msg, args, kwargs)

    def debug(self, topic: str, msg: str, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Log `msg` as DEBUG under a topic."""
        self._log_topic(logging.DEBUG, topic, msg, args, kwargs)

    def info(self, topic: str, msg: str, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Log `msg` as INFO under a topic."""
        self._log_topic(logging.INFO, topic, msg, args, kwargs)

    def warning(self, topic: str, msg: str, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Log `msg` as WARNING under a topic."""
        self._log_topic(logging.WARNING, topic, msg, args, kwargs)

    def error(self, topic: str, msg: str, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Log `msg` as ERROR under a topic."""
        self._log_topic(logging.ERROR, topic, msg, args, kwargs)

    def exception(self, topic: str, msg: str, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Log `msg` as ERROR under a topic, with the exception that is handled."""
        self._log_topic(logging.ERROR, topic, msg, args, {"exc_info": True, **kwargs})

    def critical(self, topic: str, msg: str, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Log `msg` as CRITICAL under a topic."""
        self._log_topic(logging.CRITICAL, topic, msg, args, kwargs)

    warn = warning  # type: ignore[assignment]
    fatal = critical  # type: ignore[assignment]

    def _log_topic(
        self, level: int, topic: str, msg: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        kwargs["stacklevel"] = kwargs.get("stacklevel", 1) + 2  # the caller of the public method
        super().log(level, f"{topic}{TOPIC_DELIM}{msg}", *args, **kwargs)
