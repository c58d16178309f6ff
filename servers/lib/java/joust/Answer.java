package joust;

import java.nio.charset.StandardCharsets;

/** An answer. Servers add Content-Length, Date and what their framework adds. */
public final class Answer {
    public static final byte[] NOTHING = new byte[0];

    public final int status;
    public final byte[] body;
    /** Names and values in turn. */
    public final String[] headers;
    /** The time to wait before the answer, in milliseconds. */
    public final int delay;
    /** The number of server-sent events, each flushed by itself, in place of a body. */
    public final int events;
    /** The length that an answer to HEAD announces. */
    public final int announced;

    private Answer(int status, byte[] body, int announced, int delay, int events, String... headers) {
        this.status = status;
        this.body = body;
        this.announced = announced;
        this.delay = delay;
        this.events = events;
        this.headers = headers;
    }

    public static Answer of(String type, byte[] body, String... more) {
        String[] headers = new String[more.length + 2];
        headers[0] = "Content-Type";
        headers[1] = type;
        System.arraycopy(more, 0, headers, 2, more.length);
        return new Answer(200, body, body.length, 0, 0, headers);
    }

    public static Answer text(String text) {
        return of("text/plain", text.getBytes(StandardCharsets.US_ASCII));
    }

    public static Answer headOf(Answer get) {
        return new Answer(get.status, NOTHING, get.body.length, 0, 0, get.headers);
    }

    public static Answer empty(int status, String... headers) {
        return new Answer(status, NOTHING, 0, 0, 0, headers);
    }

    public static Answer missing() {
        byte[] body = "not found\n".getBytes(StandardCharsets.US_ASCII);
        return new Answer(404, body, body.length, 0, 0, "Content-Type", "text/plain");
    }

    public static Answer refused(String why) {
        byte[] body = (why + "\n").getBytes(StandardCharsets.UTF_8);
        return new Answer(400, body, body.length, 0, 0, "Content-Type", "text/plain");
    }

    public Answer after(int milliseconds) {
        return new Answer(status, body, announced, milliseconds, events, headers);
    }

    public static Answer events(int count) {
        return new Answer(200, NOTHING, 0, 0, count, "Content-Type", "text/event-stream");
    }

    public static byte[] event(int number) {
        return ("data: " + number + "\n\n").getBytes(StandardCharsets.US_ASCII);
    }
}
