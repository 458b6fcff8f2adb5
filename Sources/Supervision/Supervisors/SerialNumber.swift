/// What is known by a number that is given out once, in rising order.
protocol SerialNumber: Hashable {
    var number: Int { get }
}

extension SerialNumber {
    /// What a dictionary looks for it by. Nobody chooses these numbers, so this need not withstand an attack, as Swift's own
    /// hash does, which takes 150 instructions. Eight that follow each other come to lie side by side, since those that
    /// are given out together are often used together; such groups come to lie apart, evenly.
    func _rawHashValue(seed: Int) -> Int {
        let group = UInt64(bitPattern: Int64((number >> 3) ^ seed))
        return Int(truncatingIfNeeded: (group &* 0x9E37_79B9_7F4A_7C15) >> 32) << 3 | number & 7
    }
}
