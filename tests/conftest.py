"""What holds for every test."""

from hypothesis import settings

# A shared machine may stand still for a moment; that is nobody's bug.
settings.register_profile("pinnacle", deadline=None)
settings.load_profile("pinnacle")
