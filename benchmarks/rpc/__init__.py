"""Services beside gRPC: `python -m benchmarks rpc`.

service   the messages and methods, the same for both
servers   a process with one kind of server
clients   the loops that are measured, all in the process of the command
command   rounds in which the kinds alternate, the table and the bars
"""
