"""ZeroMQ beside D-Bus, NATS and RabbitMQ: `python -m benchmarks alternatives`.

`systems` has the four tasks for each of them, `servers` the processes in the middle, `worker` is
what a process of a measurement runs, and `command` measures and reports.
"""
