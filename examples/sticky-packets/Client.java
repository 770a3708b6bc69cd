import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.Adler32;

/** Sticky packets, the client in Java: Client HOST PORT FILE */
class Client {
    public static void main(String[] arguments) throws IOException {
        var path = Path.of(arguments[2]);
        byte[] file = Files.readAllBytes(path);

        try (var s = new Socket(arguments[0], Integer.parseInt(arguments[1]))) {
            s.setSoTimeout(5_000);
            var fromServer = new DataInputStream(s.getInputStream());
            var toServer = s.getOutputStream();

            // 1. Three writes without boundaries between them: the server may get them in one read, or in four.
            for (String word : new String[] {"one", "two", "three"}) {
                toServer.write(word.getBytes());
            }
            System.out.println("sent \"one\", \"two\" and \"three\"");

            // 2. A length before the message, by hand.
            byte[] name = path.getFileName().toString().getBytes();
            var message = new byte[4 + name.length];
            for (int i = 0; i < 4; i++) {
                message[i] = (byte) (name.length >> 8 * (3 - i));
            }
            System.arraycopy(name, 0, message, 4, name.length);
            toServer.write(message);
            System.out.println("sent " + path.getFileName() + ", by hand");

            // 3. The streams of java.io: the same bytes, with a buffer, or each int would be sent alone. An empty
            // message ends the file.
            var buffered = new DataOutputStream(new BufferedOutputStream(toServer));
            int messages = 0;
            for (int begin = 0, end; begin < file.length; begin = end, messages++) {
                end = endOfLine(file, begin);
                buffered.writeInt(end - begin);
                buffered.write(file, begin, end - begin);
            }
            buffered.writeInt(0);
            buffered.flush();
            System.out.println("sent " + file.length + " bytes in " + messages + " messages");

            var sum = new Adler32();
            sum.update(file);
            String ours = String.format("%08x", sum.getValue());
            var theirs = new byte[Math.min(fromServer.readInt(), 8)];
            fromServer.readFully(theirs);
            String verdict = ours.equals(new String(theirs)) ? "it came as it was sent" : "damaged";
            System.out.println("checksums " + ours + " and " + new String(theirs) + ": " + verdict);
        }
    }

    private static int endOfLine(byte[] file, int at) {
        while (at < file.length && file[at] != '\n') {
            at++;
        }
        return Math.min(at + 1, file.length);
    }
}
