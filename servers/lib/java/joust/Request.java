package joust;

/** What a route needs of a request. Each server answers by its own parsers. */
public interface Request {
    String path();

    /** The first value of a query parameter, null without one. */
    String query(String name);

    /** The number of name-value pairs in the query. */
    int queryPairs();

    /** The number of cookies. */
    int cookies();

    /** The value of a header field, null without one. */
    String header(String name);

    /** The number of pairs of an urlencoded body; for routes with Body.FORM. */
    int formPairs();

    /** The length of the body in bytes; for routes with Body.COUNT. */
    long bodyLength();

    /** The whole body; for routes with Body.WHOLE. */
    byte[] body();
}
