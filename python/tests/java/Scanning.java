import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.util.Scanner;

/** Scanner, which many Java programs read a socket with. */
public class Scanning {
    private static Scanner of(String text) throws Exception {
        return new Scanner(new ByteArrayInputStream(text.getBytes("UTF-8")), "UTF-8");
    }

    private static String lines(Scanner s) {
        StringBuilder lines = new StringBuilder();
        while (s.hasNextLine()) {
            lines.append('[').append(s.nextLine()).append(']');
        }
        return lines.toString();
    }

    public static void run() throws Exception {
        for (String text : new String[] {"", "a", "a\n", "a\nb", "a\r\nb\rc\n\nd\r", "\n", " a \n b"}) {
            String name = text.replace("\n", "N").replace("\r", "R").replace(" ", "_");
            Main.show("lines." + name, () -> lines(of(text)));
        }
        Main.show("words", () -> {
            Scanner s = of("  add 3 -4\n2.5 1e3 true FALSE x\tlast");
            return s.next() + s.nextInt() + s.nextInt() + " " + s.nextDouble() + " " + s.nextDouble() + " "
                + s.nextBoolean() + " " + s.nextBoolean() + " " + s.hasNextInt() + s.next() + s.next() + s.hasNext();
        });
        Main.show("mixed", () -> {
            Scanner s = of("7\nline two\n");
            return s.nextInt() + "[" + s.nextLine() + "][" + s.nextLine() + "]" + s.hasNextLine();
        });
        Main.show("noLine", () -> of("").nextLine());
        Main.show("noWord", () -> of("  \n ").next());
        Main.show("noNumber", () -> of("x").nextInt());
        Main.show("tooLarge", () -> of("3000000000").nextInt());
        Main.show("long", () -> of("3000000000").nextLong());
        Main.show("hasTooLarge", () -> of("3000000000").hasNextInt() + " " + of("3000000000").hasNextLong());
        Main.show("kept", () -> {
            Scanner s = of("word 5");
            try {
                s.nextInt();
            } catch (java.util.InputMismatchException e) {
                return s.next() + s.nextInt();
            }
            return "read";
        });
        Main.show("infinity", () -> of("-Infinity NaN").nextDouble());
        Main.show("grouped", () -> new Scanner("1,000").useLocale(java.util.Locale.ENGLISH).nextInt());
        Main.show("otherDigits", () -> of("\u0661").nextInt());
        Main.show("blanks", () -> {
            StringBuilder blanks = new StringBuilder();
            for (char c = 0; c < 0xd800; c++) {
                if (new Scanner("a" + c + "b").next().equals("a")) {
                    blanks.append(Integer.toHexString(c)).append(' ');
                }
            }
            return blanks.toString().trim();
        });
        Main.show("closed", () -> {
            Scanner s = of("x");
            s.close();
            return s.next();
        });
        Pair pair = new Pair();
        PrintWriter out = new PrintWriter(pair.client.getOutputStream(), true);
        Scanner in = new Scanner(pair.server.getInputStream());
        out.println("hello there");
        Main.show("socket.line", () -> in.nextLine());
        out.println("1 2");
        Main.show("socket.numbers", () -> in.nextInt() + in.nextInt());
        out.print("the end");
        out.close();
        Main.show("socket.rest", () -> lines(in));
        in.close();
        Main.show("socket.closed", () -> pair.server.isClosed());
    }
}
