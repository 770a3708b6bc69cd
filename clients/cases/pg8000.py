"""pg8000 against a real PostgreSQL: tables, many rows, COPY, errors, notifications, over TCP and a Unix socket."""

import io

import check
import pg8000.native
import servers


def run():
    with servers.postgres() as (port, path, password):
        for options in {"host": "127.0.0.1", "port": port}, {"unix_sock": path}:
            with pg8000.native.Connection(
                "tester", database="postgres", password=password, timeout=30, **options
            ) as connection:
                check.ours(connection._usock)
                work(connection)


def work(connection):
    connection.run("CREATE TEMPORARY TABLE t (id int PRIMARY KEY, text text, data bytea)")
    connection.run("START TRANSACTION")
    for number in range(100):
        connection.run("INSERT INTO t VALUES (:id, :text, NULL)", id=number, text=f"ü{number}")
    connection.run("COMMIT")
    assert connection.run("SELECT count(*), sum(id), max(text) FROM t") == [[100, 4950, "ü99"]]
    connection.run("INSERT INTO t VALUES (1000, 'big', :data)", data=check.BIG)
    assert connection.run("SELECT data FROM t WHERE id = 1000") == [[check.BIG]]
    connection.run("COPY t (id, text) FROM STDIN", stream=io.StringIO("2000\tcopied\n2001\tcopied\n"))
    rows = connection.run("SELECT g, repeat('x', 100) FROM generate_series(1, 20000) g")
    assert len(rows) == 20000
    assert rows[-1] == [20000, "x" * 100]
    try:
        connection.run("INSERT INTO t VALUES (1)")
    except pg8000.native.DatabaseError as error:
        assert error.args[0]["C"] == "23505"
    else:
        raise AssertionError
    assert connection.run("SELECT count(*) FROM t WHERE text = 'copied'") == [[2]]
