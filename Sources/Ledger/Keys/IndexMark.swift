/// The value of an order in the index of a person's day.
package enum IndexMark {
    /// The order credits only this person.
    package static let single = "1"
    /// The order credits several people, so that it may count more than once in a target that they share.
    package static let split = "2"
}
