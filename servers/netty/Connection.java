import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http.cookie.ServerCookieDecoder;

import joust.Answer;
import joust.Request;
import joust.Route;

/** The requests of one connection, one after the other. */
final class Connection extends SimpleChannelInboundHandler<HttpObject> {
    private static final int WITHOUT_LIMIT = Integer.MAX_VALUE;

    private final Router router;
    /** The connection ends after so many requests; 0 sets no cap. */
    private final int cap;
    private int requests;

    private Exchange exchange;

    Connection(Router router, int cap) {
        this.router = router;
        this.cap = cap;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, HttpObject part) throws IOException {
        if (part.decoderResult().isFailure()) {
            exchange = null;
            HttpResponse bad = response(HttpVersion.HTTP_1_1, Answer.refused("this is no HTTP request"));
            context.writeAndFlush(bad).addListener(ChannelFutureListener.CLOSE);
            return;
        }
        if (part instanceof HttpRequest request) {
            exchange = new Exchange(request, router);
        }
        if (part instanceof HttpContent content && exchange != null) {
            exchange.read(content.content());
        }
        if (part instanceof LastHttpContent && exchange != null) {
            answer(context, exchange);
            exchange = null;
        }
    }

    private void answer(ChannelHandlerContext context, Exchange exchange) throws IOException {
        requests++;
        boolean keep = HttpUtil.isKeepAlive(exchange.request) && (cap == 0 || requests < cap);
        Answer answer = exchange.route == null ? Answer.missing() : exchange.route.answer(exchange);
        if (answer.delay > 0) {
            context.executor().schedule(() -> {
                send(context, exchange.request, answer, keep);
                context.flush();
            }, answer.delay, TimeUnit.MILLISECONDS);
            return;
        }
        send(context, exchange.request, answer, keep);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        context.flush();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close(); // the client has gone, or speaks no HTTP
    }

    private static void send(ChannelHandlerContext context, HttpRequest request, Answer answer, boolean keep) {
        HttpResponse head = response(request.protocolVersion(), answer);
        HttpUtil.setKeepAlive(head, keep);
        var sent = context.write(head);
        for (int i = 1; i <= answer.events; i++) {
            context.writeAndFlush(new DefaultHttpContent(Unpooled.wrappedBuffer(Answer.event(i))));
        }
        if (answer.events > 0) {
            sent = context.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
        }
        if (!keep) {
            sent.addListener(ChannelFutureListener.CLOSE);
        }
    }

    private static HttpResponse response(HttpVersion version, Answer answer) {
        HttpResponseStatus status = HttpResponseStatus.valueOf(answer.status);
        HttpResponse head = answer.events > 0
            ? new DefaultHttpResponse(HttpVersion.HTTP_1_1, status)
            : new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(answer.body));
        HttpHeaders headers = head.headers();
        for (int i = 0; i < answer.headers.length; i += 2) {
            headers.set(answer.headers[i], answer.headers[i + 1]);
        }
        headers.set(HttpHeaderNames.DATE, Now.text());
        if (answer.events > 0) {
            HttpUtil.setTransferEncodingChunked(head, true);
        } else if (answer.status != 204 && answer.status != 304) {
            headers.setInt(HttpHeaderNames.CONTENT_LENGTH, answer.announced);
        }
        return head;
    }

    /** The text of the Date field, made once a second on each event loop. */
    private static final class Now {
        private static final ThreadLocal<Now> LAST = ThreadLocal.withInitial(Now::new);
        private long second;
        private String text;

        static String text() {
            Now now = LAST.get();
            long second = System.currentTimeMillis() / 1000;
            if (second != now.second) {
                now.second = second;
                now.text = DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC));
                if (now.text.charAt(6) == ' ') {
                    now.text = now.text.replaceFirst(", ", ", 0"); // a day has two digits (RFC 9110 §5.6.7)
                }
            }
            return now.text;
        }
    }

    private static final class Exchange implements Request {
        private final HttpRequest request;
        private final QueryStringDecoder target;
        private final Route route;
        private final ByteArrayOutputStream whole = new ByteArrayOutputStream();
        private long length;

        Exchange(HttpRequest request, Router router) {
            this.request = request;
            target = new QueryStringDecoder(request.uri());
            route = router.find(request.method().name(), target.path());
        }

        void read(ByteBuf piece) throws IOException {
            length += piece.readableBytes();
            if (route != null && (route.body == Route.Body.WHOLE || route.body == Route.Body.FORM)) {
                piece.readBytes(whole, piece.readableBytes());
            }
        }

        public String path() {
            return target.path();
        }

        public String query(String name) {
            List<String> values = target.parameters().get(name);
            return values == null ? null : values.get(0);
        }

        public int queryPairs() {
            return count(target.parameters());
        }

        public int formPairs() {
            return count(new QueryStringDecoder(whole.toString(java.nio.charset.StandardCharsets.US_ASCII),
                java.nio.charset.StandardCharsets.UTF_8, false, WITHOUT_LIMIT).parameters());
        }

        private static int count(Map<String, List<String>> pairs) {
            return pairs.values().stream().mapToInt(List::size).sum();
        }

        public int cookies() {
            return request.headers().getAll(HttpHeaderNames.COOKIE).stream()
                .mapToInt(field -> ServerCookieDecoder.STRICT.decodeAll(field).size()).sum();
        }

        public String header(String name) {
            return request.headers().get(name);
        }

        public long bodyLength() {
            return length;
        }

        public byte[] body() {
            return whole.toByteArray();
        }
    }
}
