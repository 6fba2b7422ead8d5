"""Starts and supervises the services of one machine."""
