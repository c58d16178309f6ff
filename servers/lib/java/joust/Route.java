package joust;

import java.io.IOException;

/** One row of the table of routes. */
public final class Route {
    /** How a route needs the body of its request. */
    public enum Body {
        NONE,
        /** Read in pieces, and only counted. */
        COUNT,
        WHOLE,
        /** Parsed by the server's form parser. */
        FORM
    }

    /** Makes the answer. */
    public interface Handler {
        Answer answer(Request request) throws IOException;
    }

    public final String method;
    /** The path; one that ends in / stands for all paths below it. */
    public final String path;
    public final Body body;
    public final Handler handler;

    Route(String method, String path, Body body, Handler handler) {
        this.method = method;
        this.path = path;
        this.body = body;
        this.handler = handler;
    }

    /** Answers; a number in the request that is none is the client's mistake. */
    public Answer answer(Request request) throws IOException {
        try {
            return handler.answer(request);
        } catch (NumberFormatException e) {
            return Answer.refused("a whole number is needed: " + e.getMessage());
        }
    }
}
