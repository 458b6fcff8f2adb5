#if Admin
import Testing

@testable import supervisionctl

@Suite("supervisionctl knows where the program is")
struct AddressTests {
    @Test("An option goes before the environment, which holds a path or a URL")
    func choice() throws {
        let environment = ["SUPERVISION_ADMIN": "/run/a.sock"]
        #expect(
            try EndpointAddress.chosen(socket: nil, url: nil, environment: environment) == .socket(path: "/run/a.sock")
        )
        #expect(try EndpointAddress.chosen(socket: "/b", url: nil, environment: environment) == .socket(path: "/b"))
        let url = ["SUPERVISION_ADMIN": "http://127.0.0.1:9901"]
        #expect(
            try EndpointAddress.chosen(socket: nil, url: nil, environment: url) == .tcp(host: "127.0.0.1", port: 9901)
        )
        #expect(throws: ClientFailure.self) {
            try EndpointAddress.chosen(socket: "/a", url: "http://b:1", environment: [:])
        }
        #expect(throws: ClientFailure.self) { try EndpointAddress.chosen(socket: nil, url: nil, environment: [:]) }
    }

    @Test("URLs are read with names, numbers and brackets")
    func urls() throws {
        #expect(try EndpointAddress(url: "http://localhost:80/") == .tcp(host: "localhost", port: 80))
        #expect(try EndpointAddress(url: "http://host") == .tcp(host: "host", port: 80))
        #expect(try EndpointAddress(url: "http://[::1]:99") == .tcp(host: "::1", port: 99))
        #expect(try EndpointAddress(url: "unix:///run/a") == .socket(path: "/run/a"))
        #expect(try EndpointAddress(url: "http://[::1]:99").description == "http://[::1]:99")
    }

    @Test(
        "What is no address is told before anything is asked",
        arguments: [
            "", "localhost", "https://a:1", "http://", "http://a:0", "http://a:65536", "http://a:x", "http://a:1/tree",
            "http://u@a:1", "http://[::1", "http://[::1]x", "http://a b:1",
        ]
    )
    func wrong(url: String) {
        #expect(throws: ClientFailure.self) { try EndpointAddress(url: url) }
    }

    @Test("A path that does not fit into the address of a socket is told")
    func longPath() {
        #expect(throws: ClientFailure.self) { try EndpointAddress(path: String(repeating: "x", count: 104)) }
        #expect(throws: Never.self) { try EndpointAddress(path: String(repeating: "x", count: 103)) }
        #expect(throws: ClientFailure.self) { try EndpointAddress(path: "") }
    }

    @Test("A token is taken from the environment or a file, and is never shown")
    func token() throws {
        #expect(try ConnectionOptions.token(file: nil, ScriptedConsole()) == nil)
        let environment = ["SUPERVISION_ADMIN_TOKEN": "abc"]
        #expect(try ConnectionOptions.token(file: nil, ScriptedConsole(environment: environment)) == "abc")
        let console = ScriptedConsole(environment: environment, files: ["/t": " secret\n"])
        #expect(try ConnectionOptions.token(file: "/t", console) == "secret")
        for text in ["", "  \n", "se\tcret", "se\r\ncret", String(repeating: "s", count: 4097)] {
            let failure = #expect(throws: ClientFailure.self) {
                try ConnectionOptions.token(file: "/t", ScriptedConsole(files: ["/t": text]))
            }
            #expect(failure?.exitCode == 64)
            if case .usage(let words)? = failure { #expect(!words.contains("cret")) }
        }
        #expect(throws: ClientFailure.self) { try ConnectionOptions.token(file: "/none", ScriptedConsole()) }
    }
}
#endif
