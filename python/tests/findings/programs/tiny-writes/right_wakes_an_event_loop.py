"""Threads wake an event loop with a byte in a pair of sockets, as asyncio does: each byte is a wake-up."""

import socket
import threading

TASKS = 100

wake, waker = socket.socketpair()
tasks = []


def run_tasks():
    done = 0
    while done < TASKS and wake.recv(4096):
        while tasks:
            tasks.pop()
            done += 1


with wake, waker:
    loop = threading.Thread(target=run_tasks)
    loop.start()
    for number in range(TASKS):
        tasks.append(number)
        waker.send(b"\0")
    loop.join()
