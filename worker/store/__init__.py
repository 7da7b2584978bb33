"""The database in which conversations and the ownership of rooms are kept, if ``CHAT_MEMORY`` names one.

It needs the dependency groups ``memory`` and, for PostgreSQL, ``postgres``: nothing here is imported
without that setting.
"""
