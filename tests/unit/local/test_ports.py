import socket

from deploy.local.ports import PortReservations


def test_a_name_keeps_its_port() -> None:
    with PortReservations() as ports:
        assert ports.take("a") == ports.take("a") != ports.take("b")
        assert ports.taken() == {"a": ports.take("a"), "b": ports.take("b")}
        assert ports.address("a") == f"127.0.0.1:{ports.take('a')}"


def test_the_ports_of_an_earlier_run_are_used_again() -> None:
    with PortReservations() as ports:
        earlier = ports.taken() | {"a": ports.take("a")}
    with PortReservations(earlier) as ports:
        assert ports.take("a") == earlier["a"]


def test_a_port_that_another_platform_has_reserved_is_not_used_again() -> None:
    with PortReservations() as mine, PortReservations({"a": mine.take("a")}) as theirs:
        assert theirs.take("a") != mine.take("a")


def test_a_port_that_somebody_listens_on_is_not_used_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with PortReservations({"a": port}) as ports:
            assert ports.take("a") != port


def test_a_server_may_listen_on_the_reserved_port() -> None:
    with PortReservations() as ports, socket.create_server(("127.0.0.1", ports.take("a"))) as server:
        assert server.getsockname()[1] == ports.take("a")
