"""Devices: proxies that run in the foreground, in a thread or in a process."""

# The names are those of `__all__` in each module.
from ..device import device as device
from .basedevice import *  # noqa: F403
from .monitoredqueue import *  # noqa: F403
from .monitoredqueuedevice import *  # noqa: F403
from .proxydevice import *  # noqa: F403
from .proxysteerabledevice import *  # noqa: F403
