"""Skeleton."""


def test_skeleton() -> None: ...
