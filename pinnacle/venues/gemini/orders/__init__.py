"""Orders at Gemini: what is asked, and what answers and order events mean."""
