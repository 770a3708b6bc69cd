import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Streams and their formats (rows 7, 8, 10). */
public class Streams {
    private static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte b : bytes) {
            text.append(String.format("%02x", b));
        }
        return text.toString();
    }

    interface Writes {
        void to(DataOutputStream out) throws Exception;
    }

    private static void written(String step, Writes writes) {
        Main.show(step, () -> {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(bytes);
            writes.to(out);
            return out.size() + " " + hex(bytes.toByteArray());
        });
    }

    interface Reads {
        Object from(DataInputStream in) throws Exception;
    }

    private static void read(String step, String hex, Reads reads) {
        byte[] bytes = new byte[hex.length() / 2];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) Integer.parseInt(hex.substring(2 * i, 2 * i + 2), 16);
        }
        Main.show(step, () -> reads.from(new DataInputStream(new ByteArrayInputStream(bytes))));
    }

    private static void printed(String step, Object value) {
        Main.show("print." + step, () -> {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            PrintWriter out = new PrintWriter(bytes);
            out.print(value);
            out.flush();
            return bytes;
        });
    }

    private static void formatted(String step, String pattern, Object... arguments) {
        Main.show("format." + step, () -> {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            PrintWriter out = new PrintWriter(bytes);
            out.printf(pattern, arguments);
            out.flush();
            return bytes.toString().replace("\n", "\\n");
        });
    }

    private static String lines(String text) throws Exception {
        InputStream bytes = new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
        BufferedReader reader = new BufferedReader(new InputStreamReader(bytes, "UTF-8"));
        StringBuilder lines = new StringBuilder();
        String line;
        while ((line = reader.readLine()) != null) {
            lines.append('[').append(line).append(']');
        }
        return lines.toString();
    }

    public static void run() throws Exception {
        Locale.setDefault(Locale.ROOT);
        Pair pair = new Pair();
        OutputStream out = pair.client.getOutputStream();
        InputStream in = pair.server.getInputStream();
        out.write("hello".getBytes());
        out.write(0x141);
        out.write("0123456789".getBytes(), 3, 2);
        byte[] room = new byte[8];
        Main.show("readNBytes", () -> new String(in.readNBytes(5)));
        Main.show("byte", () -> in.read());
        Main.show("part", () -> in.read(room, 2, 2) + " " + hex(room));
        Main.show("read.beyond", () -> in.read(new byte[4], 2, 3));
        Main.show("read.negative", () -> in.read(new byte[4], -1, 2));
        Main.show("read.length", () -> in.read(new byte[4], 1, -1));
        Main.act("write.beyond", () -> out.write(new byte[4], 2, 3));
        Main.show("readNBytes.negative", () -> in.readNBytes(-1).length);
        out.write("abcdef".getBytes());
        Main.show("skip", () -> in.skip(2));
        Main.show("available", () -> in.available());
        Main.show("readNBytes.part", () -> in.readNBytes(room, 1, 3) + " " + hex(room));
        Main.show("mark", () -> in.markSupported());
        out.write("to the end".getBytes());
        pair.client.shutdownOutput();
        ByteArrayOutputStream copy = new ByteArrayOutputStream();
        Main.show("transferTo", () -> in.transferTo(copy) + " " + copy);
        Main.show("end.all", () -> in.readAllBytes().length);
        Main.show("end.nBytes", () -> in.readNBytes(5).length);
        Main.show("end.skip", () -> in.skip(5));
        Main.act("end.skipN", () -> in.skipNBytes(1));
        pair.close();

        written("write.boolean", o -> {
            o.writeBoolean(true);
            o.writeBoolean(false);
        });
        written("write.byte", o -> o.writeByte(0x1ff));
        written("write.short", o -> o.writeShort(-2));
        written("write.char", o -> o.writeChar('é'));
        written("write.int", o -> o.writeInt(0x12345678));
        written("write.intNegative", o -> o.writeInt(-5));
        written("write.long", o -> o.writeLong(-2));
        written("write.float", o -> o.writeFloat(1.5f));
        written("write.double", o -> o.writeDouble(-0.1));
        written("write.bytes", o -> o.writeBytes("aé€😀"));
        written("write.chars", o -> o.writeChars("a€😀"));
        written("write.utf", o -> o.writeUTF("a\0é€😀"));
        written("write.utfEmpty", o -> o.writeUTF(""));
        written("write.utfLong", o -> o.writeUTF("x".repeat(65_536)));
        read("read.boolean", "0700", i -> i.readBoolean() + " " + i.readBoolean());
        read("read.byte", "80ff", i -> i.readByte() + " " + i.readUnsignedByte());
        read("read.short", "8000ffff", i -> i.readShort() + " " + i.readUnsignedShort());
        read("read.char", "00e9", i -> i.readChar());
        read("read.int", "80000000", i -> i.readInt());
        read("read.long", "7fffffffffffffff", i -> i.readLong());
        read("read.float", "3fc00000", i -> i.readFloat());
        read("read.double", "bfb999999999999a", i -> i.readDouble());
        read("read.utf", "000e61c080c3a9e282aceda0bdedb880", i -> i.readUTF().equals("a\0é€😀"));
        read("read.fully", "010203040506", i -> {
            byte[] three = new byte[5];
            i.readFully(three, 1, 3);
            return hex(three) + " " + i.available();
        });
        read("read.skip", "010203", i -> i.skipBytes(2) + " " + i.skipBytes(5));
        read("read.line", "610d0a620d630a0a64", i -> i.readLine() + i.readLine() + i.readLine() + i.readLine().length()
            + i.readLine() + i.readLine());
        read("read.short.end", "00", i -> i.readShort());
        read("read.end", "", i -> i.readByte());
        read("read.fully.end", "0102", i -> {
            i.readFully(new byte[3]);
            return "read";
        });

        Main.show("lines.empty", () -> lines(""));
        Main.show("lines.ends", () -> lines("a\rb\r\nc\n\rd"));
        Main.show("lines.blank", () -> lines("\n\n"));
        Main.show("lines.others", () -> lines("a\u000bb\u0085c\u2028d\n").length());
        Main.show("lines.unicode", () -> lines("ü€😀\nlast").equals("[ü€😀][last]"));
        Main.show("reader.read", () -> {
            BufferedReader reader = new BufferedReader(
                new InputStreamReader(new ByteArrayInputStream("é\r\nbcd".getBytes(StandardCharsets.UTF_8)), "UTF-8"));
            char[] chars = new char[4];
            return reader.read() + " " + reader.readLine().length() + " " + reader.read(chars, 1, 2) + " "
                + chars[1] + chars[2] + " " + reader.ready() + " " + reader.skip(5) + " " + reader.read();
        });
        Main.show("reader.malformed", () -> {
            byte[] bytes = {(byte) 0xff, 'a', (byte) 0xc3};
            BufferedReader reader = new BufferedReader(new InputStreamReader(new ByteArrayInputStream(bytes), "UTF-8"));
            return reader.readLine().equals("\ufffda\ufffd");
        });
        Main.show("reader.closed", () -> {
            BufferedReader reader = new BufferedReader(new InputStreamReader(new ByteArrayInputStream(new byte[1])));
            reader.close();
            return reader.readLine();
        });
        Main.show("reader.charset", () -> new InputStreamReader(new ByteArrayInputStream(new byte[1]), "klingon"));

        printed("null", (Object) null);
        printed("true", true);
        printed("int", -7);
        printed("string", "text");
        int index = 0;
        for (double value : new double[] {1, 0, -0.0, 100.25, 1e7, 9999999, 123456789.5, 0.001, 0.00012, -1.5e-300,
            0.1, 1e21, 1.0 / 3, Double.NaN, Double.POSITIVE_INFINITY}) {
            printed("double" + index++, value);
        }
        formatted("int", "%d|%5d|%-5d|%05d|%+d|% d|%(d|%,d", 1, 2, 3, -4, 5, 6, -7, 1234567);
        formatted("hex", "%x %X %#x %o %x", 255, 255, 255, 8, -1);
        formatted("string", "%s %S %10s|%-4s|%.2s", "a", "b", "c", "d", "efg");
        formatted("boolean", "%b %B %b", true, null, "x");
        formatted("char", "%c%c%%%n", 'a', 66);
        formatted("float", "%f %.2f %8.3f %08.2f %.0f %.1f", 1.5, 2.345, -3.14159, 2.5, 0.5, 0.25);
        formatted("exponent", "%e %.2E %g %g %.3g", 12345.678, 0.00012, 0.0, 1234567.0, 0.00012345);
        formatted("index", "%2$s %1$s %<s %s", "a", "b");
        formatted("null", "%s %d %5.1f", null, null, null);
        formatted("unknown", "%q", 1);
        formatted("missing", "%d");
        formatted("mismatch", "%d", "text");

        Pair printing = new Pair();
        InputStream there = printing.server.getInputStream();
        PrintWriter kept = new PrintWriter(printing.client.getOutputStream());
        kept.println("kept");
        Main.show("print.kept", () -> there.available());
        kept.flush();
        Main.show("print.flushed", () -> new String(there.readNBytes(5)).length());
        PrintWriter automatic = new PrintWriter(printing.client.getOutputStream(), true);
        automatic.print("a");
        Main.show("print.auto.print", () -> there.available());
        automatic.println(1.5);
        Main.show("print.auto.println", () -> new String(there.readNBytes(5)).replace("\n", "\\n"));
        automatic.printf("%d", 5).append('x').flush();
        Main.show("print.auto.printf", () -> new String(there.readNBytes(2)));
        PrintStream stream = new PrintStream(printing.client.getOutputStream());
        stream.print("at once");
        Main.show("print.stream", () -> new String(there.readNBytes(7)));
        BufferedWriter writer = new BufferedWriter(
            new OutputStreamWriter(printing.client.getOutputStream(), "ISO-8859-1"));
        writer.write("ä€");
        writer.newLine();
        writer.write("abcdef", 2, 2);
        writer.flush();
        Main.show("print.writer", () -> hex(there.readNBytes(5)));
        Main.show("print.noError", () -> automatic.checkError());
        printing.client.close();
        automatic.println("lost");
        Main.show("print.error", () -> automatic.checkError());
        printing.close();
        PrintWriter ended = new PrintWriter(new ByteArrayOutputStream());
        ended.close();
        ended.print("lost");
        Main.show("print.closed", () -> ended.checkError());
    }
}
