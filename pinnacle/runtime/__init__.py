"""What every process is made of: its turn, its log, its peers, its end; and how one looks in."""
