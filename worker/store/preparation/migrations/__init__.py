"""How the tables came to be, one step after the other.

A step only adds: the workers of the version before go on beside new ones while a deployment is updated.
What is to be removed is first no longer used, and removed a version later.
"""
