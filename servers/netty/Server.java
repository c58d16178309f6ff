import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerExpectContinueHandler;

import joust.Flags;
import joust.Routes;

/** Netty, with NIO and one event loop a CPU. */
public final class Server {
    public static void main(String[] args) throws Exception {
        Flags flags = new Flags(args);
        Router router = new Router(new Routes(flags.data));
        EventLoopGroup acceptor = new NioEventLoopGroup(1), workers = new NioEventLoopGroup(flags.cpus);
        Channel listener = new ServerBootstrap()
            .group(acceptor, workers)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, Flags.BACKLOG)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .handler(new Cap(flags.maxConnections))
            .childHandler(new ChannelInitializer<SocketChannel>() {
                @Override
                protected void initChannel(SocketChannel channel) {
                    channel.pipeline().addLast(new HttpServerCodec(), new HttpServerExpectContinueHandler(),
                        new Connection(router, flags.keepAliveRequests));
                }
            })
            .bind(flags.address).sync().channel();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> listener.close().awaitUninterruptibly()));
    }

    /** Stops accepting while as many connections are open as the cap allows; 0 sets none. */
    private static final class Cap extends ChannelInboundHandlerAdapter {
        private final int most;
        private int open;

        Cap(int most) {
            this.most = most;
        }

        @Override
        public void channelRead(ChannelHandlerContext listener, Object accepted) {
            if (most > 0) {
                open++;
                listener.channel().config().setAutoRead(open < most);
                ((Channel) accepted).closeFuture().addListener(closed -> listener.executor().execute(() -> {
                    open--;
                    listener.channel().config().setAutoRead(true);
                }));
            }
            listener.fireChannelRead(accepted);
        }
    }
}
