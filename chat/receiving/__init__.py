"""Receiving: what arrives becomes messages, each once, within bounds."""
