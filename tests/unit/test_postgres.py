from __future__ import annotations

from tests.postgres import PostgresServer


def test_each_test_has_a_database_of_its_own(postgres_server: PostgresServer) -> None:
    with postgres_server.database() as first, postgres_server.database() as second:
        names = [url.rpartition("/")[2] for url in (first, second)]
        postgres_server.execute("CREATE TABLE note (text text)", names[0])

        count = "SELECT count(*) FROM pg_tables WHERE tablename = 'note'"
        assert [postgres_server.execute(count, name) for name in names] == ["1", "0"]


def test_a_database_ends_with_its_context(postgres_server: PostgresServer) -> None:
    with postgres_server.database() as url:
        name = url.rpartition("/")[2]

    assert name not in postgres_server.execute("SELECT datname FROM pg_database").split()


def test_a_database_can_be_a_copy(postgres_server: PostgresServer) -> None:
    with postgres_server.database() as original:
        name = original.rpartition("/")[2]
        postgres_server.execute("CREATE TABLE note AS SELECT 'kept' AS text", name)

        with postgres_server.database(template=name) as copy:
            database = copy.rpartition("/")[2]
            assert postgres_server.execute("SELECT text FROM note", database) == "kept"


def test_an_empty_database_of_each_kind_is_named_as_a_setting(empty_store_url: str) -> None:
    assert empty_store_url.startswith(("sqlite:////", "postgresql://postgres:"))
