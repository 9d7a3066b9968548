"""A backend factory that a policy file of a test can name: keeps the settings that it got."""

from support.scripted_policy import ScriptedBackend


def load(settings):
    backend = ScriptedBackend([])
    backend.settings = settings
    return backend
