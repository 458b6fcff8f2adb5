#if Admin
/// The coding of characters in a URL.
package enum PercentCoding {
    /// The text that was coded.
    ///
    /// - Throws: a problem for what is no text of printable characters when it is decoded.
    static func decoded(_ text: Substring, plusIsSpace: Bool = false) throws(Problem) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst()?.hexDigit, let low = rest.popFirst()?.hexDigit else {
                    throw Problem(
                        .badRequest,
                        "'\(text.shortened)' has a '%' without two digits behind it; write it as %25"
                    )
                }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        guard let decoded = String(validating: bytes, as: UTF8.self), decoded.isPrintable else {
            throw Problem(.badRequest, "'\(text.shortened)' is no text: it has control characters, or is not UTF-8")
        }
        return decoded
    }

    /// The text as one part of a path.
    package static func encoded(_ text: String) -> String {
        var coded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                coded.append(Character(UnicodeScalar(byte)))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                coded += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return coded
    }
}

extension String {
    fileprivate var isPrintable: Bool {
        unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
    }
}

extension StringProtocol {
    /// Short enough to be repeated in an answer.
    var shortened: String { count > 80 ? "\(prefix(79))…" : String(self) }
}

extension UInt8 {
    fileprivate var hexDigit: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
#endif
