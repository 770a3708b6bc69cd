import enum

class CloseReason(enum.Enum):
    PEER_FINISHED = "the peer ended its stream"
    BY_PROGRAM = "closed by the program"
    FAILED = "the connection failed"
    IDLE_TIMEOUT = "the peer was idle for too long"
    HANDLER_TIMEOUT = "a callback took too long"
    HANDLER_FAILED = "a callback failed"
    BAD_MESSAGE = "the peer sent a bad message"
    STOPPED = "the server was stopped"
