"""Questions any screen can ask: yes or no, one value, one of several."""
