"""Properties are judged by their outcome, never by how long a loaded machine takes."""

from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
