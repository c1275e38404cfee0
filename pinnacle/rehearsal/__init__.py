"""A session rehearsed on an exchange of our own, and held against what the exchange says of it."""
