"""ZMQStream, and the loop of tornado that it runs in; tornado has to be installed for both."""
