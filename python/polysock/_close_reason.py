"""Why a connection of a message server has ended."""

import enum


class CloseReason(enum.Enum):
    """Why a connection of a `MessageServer` has ended. `value` is a text."""

    # The peer ended its stream, and everything it had sent was handled and answered.
    PEER_FINISHED = "the peer ended its stream"
    # close() or abort().
    BY_PROGRAM = "closed by the program"
    # Receiving or sending failed, most often because the peer reset the connection. `connection.error` is the OSError.
    FAILED = "the connection failed"
    # The peer was idle for longer than `idle_timeout`, or did not take the bytes still to be sent before a close.
    IDLE_TIMEOUT = "the peer was idle for too long"
    # A callback took longer than `handler_timeout`.
    HANDLER_TIMEOUT = "a callback took too long"
    # A callback raised an exception.
    HANDLER_FAILED = "a callback failed"
    # The peer sent a message that is too long or malformed, or ended its stream in the middle of one.
    # `connection.error` is the OSError.
    BAD_MESSAGE = "the peer sent a bad message"
    # The server was stopped.
    STOPPED = "the server was stopped"
