"""The methods of Java's exceptions, and the errors for Java's classes that polysock.net does not have."""

import io
import pickle
import shutil
import socket
import subprocess

import pytest

import polysock.net
from polysock import net


def refused():
    with net.ServerSocket(0, 1, net.InetAddress.getLoopbackAddress()) as server:
        port = server.getLocalPort()
    with pytest.raises(net.ConnectException) as raised:
        net.Socket("127.0.0.1", port)
    return raised.value


def test_the_methods_of_an_exception():
    error = refused()
    assert error.getMessage() == error.getLocalizedMessage() == "Connection refused"
    assert error.toString() == "java.net.ConnectException: Connection refused"
    assert error.getCause() is None
    assert net.EOFException().toString() == "java.io.EOFException"
    assert net.NullPointerException("b is null").toString() == "java.lang.NullPointerException: b is null"
    assert net.InputMismatchException().toString() == "java.util.InputMismatchException"
    timeout = net.SocketTimeoutException("Read timed out")
    assert timeout.toString() == "java.net.SocketTimeoutException: Read timed out"


def test_every_exception_has_a_java_name():
    for name in net.__all__:
        if name.endswith("Exception"):
            text = getattr(net, name)().toString()
            package, _, short = text.rpartition(".")
            assert short == name
            assert package in ("java.io", "java.net", "java.lang", "java.util")


def test_causes_and_suppressed():
    cause, error = OSError("below"), net.IOException("above")
    assert error.initCause(cause) is error
    assert error.getCause() is cause
    with pytest.raises(net.IllegalArgumentException, match="Self-causation"):
        error.initCause(error)
    assert error.getSuppressed() == ()
    error.addSuppressed(cause)
    assert error.getSuppressed() == (cause,)
    with pytest.raises(net.IllegalArgumentException, match="Self-suppression"):
        error.addSuppressed(error)
    with pytest.raises(net.NullPointerException):
        error.addSuppressed(None)


def test_a_cause_is_given_as_in_java():
    cause = net.SocketTimeoutException("Read timed out")
    below = "java.net.SocketTimeoutException: Read timed out"
    # What JDK 17 returns: the message and the cause.
    for error, message, of in [
        (net.IOException("outer", cause), "outer", cause),
        (net.IOException(cause), below, cause),
        (net.IOException(None), None, None),
        (net.IOException("outer", None), "outer", None),
        (net.IOException(None, cause), None, cause),
        (net.IllegalStateException("outer", cause), "outer", cause),
        (net.NoSuchElementException("outer", cause), "outer", cause),
        (net.IllegalArgumentException(cause), below, cause),
        (net.UnknownHostException("host", cause), "host", cause),
        (net.EOFException(ValueError("text")), "ValueError: text", None),
    ]:
        assert error.getMessage() == message
        assert error.getCause() is of or of is None
        assert error.toString().partition(": ")[2] == (message or "")
        assert str(error) == (message or "")
        assert isinstance(pickle.loads(pickle.dumps(error)), type(error))
    error = net.SocketException(104, "Connection reset")
    assert (error.errno, error.getMessage(), error.getCause()) == (104, "Connection reset", None)


def test_a_stack_trace_goes_where_it_should(capsys):
    error = refused()
    error.printStackTrace()
    printed = capsys.readouterr().err
    assert printed.startswith("Traceback")
    assert "ConnectException: Connection refused\n" in printed
    text, data = io.StringIO(), io.BytesIO()
    error.printStackTrace(text)
    with net.PrintStream(data, True) as stream:
        error.printStackTrace(stream)
        assert text.getvalue() == printed == data.getvalue().decode()


@pytest.mark.parametrize(
    "name",
    [
        "ArrayList",
        "ObjectInputStream",
        "Thread",
        "Executors",
        "SocketChannel",
        "Proxy",
        "Locale",
        "Queue",
        "UncheckedIOException",
    ],
)
def test_absent_classes(name):
    with pytest.raises(ImportError, match=f"polysock.net has no {name}: use ") as raised:
        exec(f"from polysock.net import {name}", {})
    assert raised.value.name == "polysock.net"
    with pytest.raises(AttributeError, match=f"polysock.net has no {name}: use "):
        getattr(polysock.net, name)
    assert not hasattr(polysock.net, name)


LIST_OF_CLASSES = """
import java.lang.reflect.Modifier;
import java.net.URI;
import java.nio.file.*;
public class ListOfClasses {
    public static void main(String[] packages) throws Exception {
        FileSystem modules = FileSystems.getFileSystem(URI.create("jrt:/"));
        for (String name : packages) {
            Path folder = modules.getPath("modules/java.base", name.replace('.', '/'));
            for (Path file : Files.newDirectoryStream(folder, "*.class")) {
                String simple = file.getFileName().toString().replace(".class", "");
                if (!simple.contains("$") && Modifier.isPublic(Class.forName(name + "." + simple).getModifiers()))
                    System.out.println(simple);
            }
        }
    }
}
"""


@pytest.mark.skipif(not shutil.which("java"), reason="needs a JDK: java and javac")
def test_every_public_class_of_java_is_here_or_has_a_replacement(tmp_path):
    program = tmp_path / "ListOfClasses.java"
    program.write_text(LIST_OF_CLASSES)
    command = ["java", program, "java.io", "java.net", "java.util"]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert len(names) > 200
    assert [name for name in names if not hasattr(net, name) and name not in net.INSTEAD] == []


def test_other_names_are_missing_as_ever():
    with pytest.raises(ImportError, match="cannot import name 'Sokcet'"):
        exec("from polysock.net import Sokcet", {})
    with pytest.raises(AttributeError, match="has no attribute 'Sokcet'"):
        polysock.net.Sokcet  # noqa: B018
    assert polysock.net.INSTEAD.keys().isdisjoint(polysock.net.__all__)


def test_nulls_and_nuls():
    with pytest.raises(net.IllegalArgumentException, match=r"^hostname can't be null$"):
        net.InetSocketAddress.createUnresolved(None, 80)
    with pytest.raises(net.IllegalArgumentException, match=r"^port out of range:-1$"):
        net.InetSocketAddress.createUnresolved(None, -1)
    for arguments in (None,), ("host", None):
        with pytest.raises(net.UnknownHostException, match=r"^addr is of illegal length$"):
            net.InetAddress.getByAddress(*arguments)
    for name in "a\0b", "127.0.0.1\0":
        for look_up in net.InetAddress.getByName, net.InetAddress.getAllByName:
            with pytest.raises(net.UnknownHostException, match=r"^NUL character not allowed in hostname$") as raised:
                look_up(name)
            assert isinstance(raised.value, socket.gaierror)
        with pytest.raises(net.UnknownHostException):
            net.Socket(name, 80)
        assert net.InetSocketAddress(name, 80).isUnresolved()


def test_names_that_are_no_unicode():
    for name in "\ud800", "a\udc80b":
        calls = [
            lambda name: net.InetAddress.getByName(name),
            lambda name: net.InetAddress.getAllByName(name),
            lambda name: net.Socket(name, 80),
            lambda name: net.Socket().connect(net.InetSocketAddress.createUnresolved(name, 80)),
        ]
        for call in calls:
            with pytest.raises(net.UnknownHostException):
                call(name)
        assert net.InetSocketAddress(name, 80).isUnresolved()
        assert net.NetworkInterface.getByName(name) is None
        assert net.InetAddress.getByAddress(name, b"1234").getHostAddress() == "49.50.51.52"
        with pytest.raises(net.IllegalArgumentException):
            net.InetAddress.ofLiteral(name)
    with pytest.raises(net.NullPointerException):
        net.InetAddress.ofLiteral(None)


def test_no_datagram_socket_is_connected_to_port_0():
    host = net.InetAddress.getLoopbackAddress()
    with net.DatagramSocket() as s:
        for arguments in [(host, 0), (net.InetSocketAddress(host, 0),)]:
            with pytest.raises(net.SocketException, match=r"^Can't connect to port 0$"):
                s.connect(*arguments)
            assert not s.isConnected()
