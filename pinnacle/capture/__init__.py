"""Raw recordings of venues: read, judged, and played back as the venue itself."""
