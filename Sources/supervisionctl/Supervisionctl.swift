#if Admin
import ArgumentParser

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

@main
struct Supervisionctl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "supervisionctl",
        abstract: "Looks into a running program's supervision tree and circuits, and changes them.",
        discussion: """
            The program needs the endpoint of the library SupervisionAdmin. Say where it is with --socket or --url, or \
            once for all with SUPERVISION_ADMIN.

            ENVIRONMENT
              SUPERVISION_ADMIN        the path of a socket, or http://HOST:PORT
              SUPERVISION_ADMIN_TOKEN  the token for TCP
              NO_COLOR                 writes no colours when it is set

            EXIT CODES
               0  done
               1  refused: by the endpoint, which says why, or by you when asked
               2  with --check: a circuit is open or forced open
              64  the command line or the environment is wrong
              69  the endpoint cannot be reached
              70  the answer is not understood

            ELSEWHERE
              On another machine:  ssh HOST supervisionctl top --socket /run/app/admin.sock
              Or from here:        ssh -N -L /tmp/app.sock:/run/app/admin.sock HOST
                                   supervisionctl top --socket /tmp/app.sock
              In a container:      docker exec -it NAME supervisionctl top --socket PATH
                                   kubectl exec -it POD -- supervisionctl top --socket PATH
              Or share the socket's directory with a volume.

            COMPLETION
              supervisionctl --generate-completion-script bash
            """,
        subcommands: [
            Tree.self, Circuits.self, State.self, Server.self, Events.self, Top.self, Reset.self, Open.self,
            Disable.self, Enable.self, Measure.self, Restart.self, Terminate.self, Message.self,
        ]
    )

    static func main() async {
        endProcess(await execute(Array(CommandLine.arguments.dropFirst()), SystemConsole()))
    }
}

/// Outside the command, where `exit` is the system's and not the parser's.
private func endProcess(_ code: Int32) -> Never {
    exit(code)
}
#else
@main
struct Supervisionctl {
    static func main() {
        print("supervisionctl is a part of the trait Admin: swift run --traits Admin supervisionctl")
    }
}
#endif
