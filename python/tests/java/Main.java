/** Runs the programs of this folder and prints what each of their steps gave: "program.step: value". */
public class Main {
    interface Step {
        Object run() throws Exception;
    }

    interface Action {
        void run() throws Exception;
    }

    private static String program;

    static void show(String step, Step what) {
        String value;
        try {
            value = String.valueOf(what.run());
        } catch (Exception e) {
            String message = e.getMessage();
            value = "! " + e.getClass().getSimpleName() + (message == null ? "" : ": " + message);
        }
        System.out.println(program + "." + step + ": " + value);
    }

    static void act(String step, Action what) {
        show(step, () -> {
            what.run();
            return "done";
        });
    }

    /** What a call gives that waits in a thread of its own until something else ends it. */
    static void waiting(String step, Step what, Action end) throws Exception {
        Object[] outcome = new Object[1];
        Thread thread = new Thread(() -> {
            try {
                outcome[0] = what.run();
            } catch (Exception e) {
                outcome[0] = e;
            }
        });
        thread.setDaemon(true);
        thread.start();
        long deadline = System.nanoTime() + 10_000_000_000L;
        while (!inside(thread)) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(step + " does not wait");
            }
            Thread.onSpinWait();
        }
        end.run();
        thread.join();
        show(step, () -> {
            if (outcome[0] instanceof Exception e) {
                throw e;
            }
            return outcome[0];
        });
    }

    /** Whether a thread is in a system call of a socket: Java shows one that waits as running. */
    private static boolean inside(Thread thread) {
        StackTraceElement[] stack = thread.getStackTrace();
        return stack.length > 0 && stack[0].isNativeMethod() && stack[0].getClassName().startsWith("sun.nio.ch.");
    }

    public static void main(String[] names) throws Exception {
        for (String name : names) {
            program = name.toLowerCase();
            Class.forName(name).getMethod("run").invoke(null);
        }
    }
}
