"""What every figure needs: building, running, judging, showing."""
