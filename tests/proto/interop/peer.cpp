// A program without zmqlite: publishes and subscribes the article's message with cppzmq and libprotobuf.
//
//   peer publish ENDPOINT COUNT     waits for a subscriber, sends, waits until it is gone
//   peer subscribe ENDPOINT COUNT   prints what it understood of COUNT messages, a line each

#include <cstdlib>
#include <iostream>
#include <string>
#include <zmq.hpp>

#include "message.pb.h"

namespace {

void send(zmq::socket_t &socket, const std::string &data) {
    socket.send(zmq::buffer(data), zmq::send_flags::none);
}

int publish(zmq::context_t &context, const char *endpoint, int count) {
    zmq::socket_t socket(context, zmq::socket_type::xpub);
    socket.set(zmq::sockopt::rcvtimeo, 20000);
    socket.bind(endpoint);
    std::cout << "bound " << socket.get(zmq::sockopt::last_endpoint) << std::endl;
    zmq::message_t subscription;
    if (!socket.recv(subscription)) return 1;
    for (int i = 0; i < count; i++) {
        DataMessage message;
        message.set_content("from C++ \xe2\x9c\x93");
        message.set_timestamp(1700000000000 + i);
        std::string data = message.SerializeAsString();
        send(socket, data);
        if (i == 0) {
            send(socket, data.substr(0, data.size() - 1));
            socket.send(zmq::buffer(data), zmq::send_flags::sndmore);
            send(socket, "too much");
        }
    }
    return socket.recv(subscription) ? 0 : 1;
}

int subscribe(zmq::context_t &context, const char *endpoint, int count) {
    zmq::socket_t socket(context, zmq::socket_type::sub);
    socket.set(zmq::sockopt::rcvtimeo, 20000);
    socket.set(zmq::sockopt::subscribe, "");
    socket.connect(endpoint);
    for (int i = 0; i < count; i++) {
        zmq::message_t frame;
        DataMessage message;
        if (!socket.recv(frame)) return 1;
        if (frame.more()) {
            std::cout << "several frames" << std::endl;
            while (frame.more())
                if (!socket.recv(frame)) return 1;
        } else if (message.ParseFromArray(frame.data(), static_cast<int>(frame.size()))) {
            std::cout << message.timestamp() << " " << message.content() << std::endl;
        } else {
            std::cout << "malformed" << std::endl;
        }
    }
    return 0;
}

}  // namespace

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    zmq::context_t context;
    int count = std::atoi(argv[3]);
    return argv[1][0] == 'p' ? publish(context, argv[2], count) : subscribe(context, argv[2], count);
}
