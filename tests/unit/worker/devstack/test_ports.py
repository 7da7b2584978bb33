"""Ports on loopback."""

import socket
from collections.abc import Iterator

import pytest

from worker.devstack.errors import StackError
from worker.devstack.ports import LOOPBACK, free_port, is_free, require_free


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server((LOOPBACK, 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_free_port_can_be_listened_on(kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as server:
        server.bind((LOOPBACK, free_port(kind=kind)))


def test_the_preferred_port_is_taken_if_it_is_free() -> None:
    port = free_port()
    assert free_port(port) == port


def test_another_port_is_taken_if_the_preferred_one_is_not_free(taken_port: int) -> None:
    assert free_port(taken_port) != taken_port


def test_a_port_whose_last_connections_linger_is_free() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection((LOOPBACK, port)):
            accepted, _ = server.accept()
            accepted.close()
    assert is_free(port)


def test_a_taken_port_is_named_with_its_purpose(taken_port: int) -> None:
    with pytest.raises(StackError, match=f"port {taken_port} .the server. is already in use"):
        require_free(taken_port, "the server")
