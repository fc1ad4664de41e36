"""Loads what each kind adds to a change; importing it makes the rules known."""

from resolvers import delegation

__all__ = ["delegation"]
