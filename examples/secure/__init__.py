"""Security: keys that are made, who may connect, who is denied, and a key that is revoked."""
