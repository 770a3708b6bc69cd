import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;

/** A connection and its streams, taken as soon as there are any: later, java.net refuses them to some. */
class Connection implements AutoCloseable {
    final Socket socket;
    InputStream input;
    OutputStream output;

    Connection(Socket socket) {
        this.socket = socket;
    }

    Connection connected() throws IOException {
        input = socket.getInputStream();
        output = socket.getOutputStream();
        return this;
    }

    InputStream input() throws IOException {
        return input == null ? socket.getInputStream() : input;
    }

    OutputStream output() throws IOException {
        return output == null ? socket.getOutputStream() : output;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
