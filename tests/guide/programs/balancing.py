"""Be a client or a worker of the load balancer, alone: python balancing.py client_task."""

import sys

from examples.capi.ch3 import lbbroker

getattr(lbbroker, sys.argv[1])(None)
