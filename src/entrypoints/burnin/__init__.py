"""Burning a desk in: many rehearsed days, judged by what was promised."""
