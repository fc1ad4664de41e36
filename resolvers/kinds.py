"""Loads what each kind adds to a change; importing it makes the rules known."""

from resolvers import contact, delegation, itinerary, partner, proposal

__all__ = ["contact", "delegation", "itinerary", "partner", "proposal"]
