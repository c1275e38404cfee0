"""The simulated exchange: a venue like any other, its matching engine and traders in C."""
