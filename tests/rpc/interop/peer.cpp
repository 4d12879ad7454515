// A client and a server of services without zmqlite, with cppzmq and libprotobuf; see docs/reference/rpc-wire.md.
//
//   peer client ENDPOINT   makes some calls, and prints what came of them, a line each
//   peer register ENDPOINT  registers with a broker, and answers until its standard input ends
//   peer server ENDPOINT   prints "bound ENDPOINT" and answers until its standard input ends

#include <chrono>
#include <iostream>
#include <poll.h>
#include <string>
#include <vector>
#include <zmq.hpp>
#include <zmq_addon.hpp>

#include "greeter.pb.h"
#include "rpc.pb.h"

using zmqlite::rpc::Envelope;
using Frames = std::vector<std::string>;

namespace {

void send(zmq::socket_t &socket, const Frames &frames) {
    std::vector<zmq::const_buffer> parts;
    const bool dealer = socket.get(zmq::sockopt::socket_type) == zmq::socket_type::dealer;
    for (const auto &frame : frames)
        if (!dealer || &frame != &frames[0] || !frame.empty()) parts.push_back(zmq::buffer(frame));
    zmq::send_multipart(socket, parts);
}

Frames receive(zmq::socket_t &socket) {
    std::vector<zmq::message_t> parts;
    if (!zmq::recv_multipart(socket, std::back_inserter(parts))) throw std::runtime_error("nothing came");
    Frames frames;
    for (const auto &part : parts) frames.push_back(part.to_string());
    return frames;
}

Envelope parsed(const std::string &frame) {
    Envelope envelope;
    if (!envelope.ParseFromString(frame)) throw std::runtime_error("not an envelope");
    return envelope;
}

class Client {
  public:
    Client(zmq::context_t &context, const char *endpoint) : socket(context, zmq::socket_type::dealer) {
        socket.set(zmq::sockopt::rcvtimeo, 20000);
        socket.set(zmq::sockopt::linger, 1000);
        socket.connect(endpoint);
        Envelope hello;
        hello.set_kind(zmqlite::rpc::HELLO);
        hello.set_version(1);
        send(socket, {hello.SerializeAsString()});
        incarnation = parsed(receive(socket).at(0)).incarnation();
    }

    Envelope request(const std::string &method) {
        Envelope envelope;
        envelope.set_kind(zmqlite::rpc::REQUEST);
        envelope.set_id("client01" + std::to_string(10000000 + ++count));
        envelope.set_method("/demo.Greeter/" + method);
        envelope.set_incarnation(incarnation);
        envelope.set_timeout(20000);
        return envelope;
    }

    void hello(const std::string &name, Envelope envelope, const std::string &attachment) {
        demo::HelloRequest request;
        request.set_name(name);
        Frames frames{"", request.SerializeAsString()};
        if (!attachment.empty()) {
            envelope.set_attachments(1);
            frames.push_back(attachment);
        }
        frames[0] = envelope.SerializeAsString();
        send(socket, frames);
        Frames got = receive(socket);
        Envelope answer = parsed(got.at(0));
        if (answer.id() != envelope.id()) throw std::runtime_error("another call's reply");
        if (answer.kind() == zmqlite::rpc::STATUS) {
            std::cout << "status " << answer.status() << " executed " << answer.executed() << std::endl;
            return;
        }
        demo::HelloReply reply;
        if (!reply.ParseFromString(got.at(1))) throw std::runtime_error("no reply");
        std::cout << reply.text();
        for (const auto &entry : answer.metadata()) std::cout << " " << entry.first << "=" << entry.second;
        for (size_t i = 2; i < got.size(); i++) std::cout << " attached " << got[i];
        std::cout << std::endl;
    }

    void watch(int wanted) {
        demo::WatchRequest request;
        request.set_count(wanted);
        Envelope envelope = this->request("Watch");
        envelope.set_credit(3);
        send(socket, {envelope.SerializeAsString(), request.SerializeAsString()});
        int credit = 3, seen = 0;
        while (true) {
            Frames got = receive(socket);
            Envelope answer = parsed(got.at(0));
            if (answer.kind() == zmqlite::rpc::STATUS) {
                std::cout << "items " << seen << " status " << answer.status() << std::endl;
                return;
            }
            for (size_t i = 1; i < got.size(); i++) {
                demo::Event event;
                if (!event.ParseFromString(got[i]) || event.number() != static_cast<uint64_t>(seen++) || credit-- == 0)
                    throw std::runtime_error("a wrong item, or more than the credit");
            }
            if (credit == 0) {
                Envelope more;
                more.set_kind(zmqlite::rpc::CREDIT);
                more.set_id(envelope.id());
                more.set_credit(credit = 3);
                send(socket, {more.SerializeAsString()});
            }
        }
    }

    zmq::socket_t socket;
    std::string incarnation;
    int count = 0;
};

void client(zmq::context_t &context, const char *endpoint) {
    Client client(context, endpoint);
    Envelope first = client.request("Hello");
    (*first.mutable_metadata())["a"] = "b";
    client.hello("C++", first, "data");
    client.hello("C++", first, "data");  // a duplicate: the same reply
    client.hello("unknown", client.request("Hello"), "");
    Envelope other = client.request("Hello");
    other.set_incarnation("another");
    client.hello("C++", other, "");
    client.watch(10);
}

struct Stream {
    std::string route;
    std::string id;
    uint64_t next, count;
    uint32_t credit;
};

bool go_on(zmq::socket_t &socket, Stream &stream) {
    Envelope item;
    item.set_id(stream.id);
    item.set_kind(zmqlite::rpc::ITEM);
    for (; stream.next < stream.count && stream.credit; stream.next++, stream.credit--) {
        demo::Event event;
        event.set_number(stream.next);
        send(socket, {stream.route, item.SerializeAsString(), event.SerializeAsString()});
    }
    if (stream.next < stream.count) return false;
    item.set_kind(zmqlite::rpc::STATUS);
    item.set_executed(zmqlite::rpc::EXECUTED_YES);
    send(socket, {stream.route, item.SerializeAsString()});
    return true;
}

void answer(zmq::socket_t &socket, const Frames &got, std::vector<Stream> &streams) {
    Envelope request = parsed(got.at(1)), reply;
    reply.set_id(request.id());
    if (request.kind() == zmqlite::rpc::HELLO) {
        reply.set_kind(zmqlite::rpc::WELCOME);
        reply.set_version(1);
        reply.set_incarnation("C++ once");
        reply.set_limit(1 << 20);
        send(socket, {got[0], reply.SerializeAsString()});
    } else if (request.kind() == zmqlite::rpc::CREDIT) {
        for (size_t i = 0; i < streams.size(); i++)
            if (streams[i].id == request.id()) {
                streams[i].credit += request.credit();
                if (go_on(socket, streams[i])) streams.erase(streams.begin() + static_cast<long>(i));
                return;
            }
    } else if (request.kind() == zmqlite::rpc::REQUEST && request.method() == "/demo.Greeter/Watch") {
        demo::WatchRequest watch;
        watch.ParseFromString(got.at(2));
        Stream stream{got[0], request.id(), 0, watch.count(), request.credit()};
        if (!go_on(socket, stream)) streams.push_back(stream);
    } else if (request.kind() == zmqlite::rpc::REQUEST) {
        demo::HelloRequest hello;
        hello.ParseFromString(got.at(2));
        if (hello.name() == "unknown") {
            reply.set_kind(zmqlite::rpc::STATUS);
            reply.set_status(5);
            reply.set_message("nobody is called so");
            reply.set_executed(zmqlite::rpc::EXECUTED_YES);
            send(socket, {got[0], reply.SerializeAsString()});
            return;
        }
        demo::HelloReply text;
        text.set_text("Hello, " + hello.name() + (request.has_timeout() ? " in time" : ""));
        reply.set_kind(zmqlite::rpc::REPLY);
        for (const auto &entry : request.metadata()) (*reply.mutable_metadata())["got " + entry.first] = entry.second;
        Frames frames{got[0], "", text.SerializeAsString()};
        for (size_t i = 3; i < got.size(); i++) frames.push_back(got[i] + "!");
        reply.set_attachments(static_cast<uint32_t>(got.size() - 3));
        frames[1] = reply.SerializeAsString();
        send(socket, frames);
    }
}

// A DEALER has no routing ids: the broker is one client, and an empty one stands for it.
void register_with(zmq::context_t &context, const char *endpoint) {
    zmq::socket_t socket(context, zmq::socket_type::dealer);
    socket.set(zmq::sockopt::sndhwm, 0);
    socket.connect(endpoint);
    Envelope envelope;
    envelope.set_kind(zmqlite::rpc::REGISTER);
    envelope.set_version(1);
    envelope.set_incarnation("C++ once");
    envelope.set_limit(1 << 20);
    zmqlite::rpc::Registration registration;
    registration.add_services("demo.Greeter");
    registration.add_repeatable("/demo.Greeter/Ask");
    registration.set_calls(16);
    std::vector<Stream> streams;
    zmq_pollitem_t items[] = {{socket, 0, ZMQ_POLLIN, 0}, {nullptr, 0, ZMQ_POLLIN, 0}};
    while (true) {
        send(socket, {envelope.SerializeAsString(), registration.SerializeAsString()});
        // Once a second, since a broker that was started again does not know it.
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
        while (std::chrono::steady_clock::now() < end) {
            zmq_poll(items, 2, 100);
            if (items[1].revents) return;
            if (!items[0].revents) continue;
            Frames got = receive(socket);
            got.insert(got.begin(), "");
            answer(socket, got, streams);
        }
    }
}

void server(zmq::context_t &context, const char *endpoint) {
    zmq::socket_t socket(context, zmq::socket_type::router);
    socket.set(zmq::sockopt::sndhwm, 0);  // items of a stream must not be dropped
    socket.bind(endpoint);
    std::cout << "bound " << socket.get(zmq::sockopt::last_endpoint) << std::endl;
    std::vector<Stream> streams;
    zmq_pollitem_t items[] = {{socket, 0, ZMQ_POLLIN, 0}, {nullptr, 0, ZMQ_POLLIN, 0}};
    while (true) {
        zmq_poll(items, 2, -1);
        if (items[1].revents) return;
        if (items[0].revents) answer(socket, receive(socket), streams);
    }
}

}  // namespace

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    try {
        zmq::context_t context;
        const std::string what = argv[1];
        if (what == "client") client(context, argv[2]);
        if (what == "register") register_with(context, argv[2]);
        if (what == "server") server(context, argv[2]);
    } catch (const std::exception &error) {
        std::cerr << error.what() << std::endl;
        return 1;
    }
    return 0;
}
