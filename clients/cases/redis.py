"""redis-py against a real redis-server: commands, pipelines, a blocking pop, subscriptions, a time limit."""

import threading

import check
import redis
import servers


def run():
    with servers.redis_server() as (port, path):
        for options in {"host": "127.0.0.1", "port": port}, {"unix_socket_path": path}:
            with redis.Redis(**options, socket_timeout=20, single_connection_client=True) as client:
                work(client)
                check.ours(client.connection._sock)
        blocking(port)
        time_limit(port)


def work(client):
    client.flushall()
    client.set("big", check.BIG)
    assert client.get("big") == check.BIG
    with client.pipeline() as pipe:
        for number in range(1000):
            pipe.incrby("sum", number)
        assert pipe.execute()[-1] == 499500
    client.hset("hash", mapping={"a": 1, "ü": "ö"})
    assert client.hgetall("hash") == {b"a": b"1", "ü".encode(): "ö".encode()}


def blocking(port):
    with redis.Redis(port=port) as client, redis.Redis(port=port) as other:
        found = []
        popper = threading.Thread(target=lambda: found.append(client.blpop("queue", 20)))
        popper.start()
        with other.pubsub() as subscription:
            subscription.subscribe("news")
            assert subscription.get_message(timeout=20)["type"] == "subscribe"
            other.publish("news", "hello")
            assert subscription.get_message(timeout=20)["data"] == b"hello"
            check.ours(subscription.connection._sock)
        other.rpush("queue", "item")
        popper.join()
        assert found == [(b"queue", b"item")]


def time_limit(port):
    with redis.Redis(port=port, socket_timeout=0.2, retry=None) as client:
        try:
            client.blpop("nothing", 20)
        except redis.exceptions.TimeoutError:
            pass
        else:
            raise AssertionError
