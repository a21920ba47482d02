//! Types and estimated costs of rules in definitions: the messages of the API server.
//!
//! The messages are those of apiextensions-apiserver 0.37.2, which names the type of `self` differently with each write.

use kube_structural_schema::{Source, definition, read};
use serde_json::{Value, json};

/// A rule of `spec`, and the detail of the API server's error.
#[rustfmt::skip]
const REFUSED: &[(&str, &str)] = &[
    ("self.nope == 1", "compilation failed: ERROR: <input>:1:5: undefined field 'nope'\n | self.nope == 1\n | ....^"),
    ("self.size == 'a'", "compilation failed: ERROR: <input>:1:11: found no matching overload for '_==_' applied to '(int, string)'\n | self.size == 'a'\n | ..........^"),
    ("self.size + 1", "cel expression must evaluate to a bool"),
    ("self.nope.foo == 1 && self.bar == 2", "compilation failed: ERROR: <input>:1:5: undefined field 'nope'\n | self.nope.foo == 1 && self.bar == 2\n | ....^\nERROR: <input>:1:27: undefined field 'bar'\n | self.nope.foo == 1 && self.bar == 2\n | ..........................^"),
    ("has(self.nope)", "compilation failed: ERROR: <input>:1:4: undefined field 'nope'\n | has(self.nope)\n | ...^"),
    ("self.x-y > 1", "compilation failed: ERROR: <input>:1:5: undefined field 'x'\n | self.x-y > 1\n | ....^\nERROR: <input>:1:8: undeclared reference to 'y' (in container '')\n | self.x-y > 1\n | .......^"),
    ("self.free.x == 1", "compilation failed: ERROR: <input>:1:10: undefined field 'x'\n | self.free.x == 1\n | .........^"),
    ("self.any == 1", "compilation failed: ERROR: <input>:1:5: undefined field 'any'\n | self.any == 1\n | ....^"),
    ("self.embedded.spec.x == 1", "compilation failed: ERROR: <input>:1:14: undefined field 'spec'\n | self.embedded.spec.x == 1\n | .............^"),
    ("self.labels['foo'] == 1", "compilation failed: ERROR: <input>:1:20: found no matching overload for '_==_' applied to '(string, int)'\n | self.labels['foo'] == 1\n | ...................^"),
    ("1 in self.labels", "compilation failed: ERROR: <input>:1:3: found no matching overload for '@in' applied to '(int, map(string, string))'\n | 1 in self.labels\n | ..^"),
    ("self.tags.all(t, t == 1)", "compilation failed: ERROR: <input>:1:20: found no matching overload for '_==_' applied to '(string, int)'\n | self.tags.all(t, t == 1)\n | ...................^"),
    ("self.tags.all(t, t)", "compilation failed: ERROR: <input>:1:18: expected type 'bool' but found 'string'\n | self.tags.all(t, t)\n | .................^"),
    ("self.size.all(t, true)", "compilation failed: ERROR: <input>:1:5: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)\n | self.size.all(t, true)\n | ....^"),
    ("self.objs.map(o, o.a).sum() > 3", "compilation failed: ERROR: <input>:1:26: found no matching overload for 'sum' applied to 'list(string).()'\n | self.objs.map(o, o.a).sum() > 3\n | .........................^"),
    ("self.mapobj.all(k, v, v.w > 1)", "compilation failed: ERROR: <input>:1:24: undefined field 'w'\n | self.mapobj.all(k, v, v.w > 1)\n | .......................^"),
    ("self.tags.transformMapEntry(i, v, v).size() > 0", "compilation failed: ERROR: <input>:1:28: found no matching overload for 'cel.@mapInsert' applied to '(map(dyn, dyn), string)'\n | self.tags.transformMapEntry(i, v, v).size() > 0\n | ...........................^"),
    ("self.tags.all(i, i, true)", "compilation failed: ERROR: <input>:1:18: duplicate variable name: i\n | self.tags.all(i, i, true)\n | .................^"),
    ("self.tags.all(1, true)", "compilation failed: ERROR: <input>:1:15: argument must be a simple name\n | self.tags.all(1, true)\n | ..............^"),
    ("self.tags.map(1, true).size() > 0", "compilation failed: ERROR: <input>:1:15: argument is not an identifier\n | self.tags.map(1, true).size() > 0\n | ..............^"),
    ("self.tags.all(__result__, true)", "compilation failed: ERROR: <input>:1:15: iteration variable overwrites accumulator variable\n | self.tags.all(__result__, true)\n | ..............^"),
    ("has(self)", "compilation failed: ERROR: <input>:1:5: invalid argument to has() macro\n | has(self)\n | ....^"),
    ("self.date > self.dur", "compilation failed: ERROR: <input>:1:11: found no matching overload for '_>_' applied to '(timestamp, duration)'\n | self.date > self.dur\n | ..........^"),
    ("self.dur < duration('abc')", "compilation failed: ERROR: <input>:1:21: invalid duration argument\n | self.dur < duration('abc')\n | ....................^"),
    ("self.dt > timestamp('x')", "compilation failed: ERROR: <input>:1:21: invalid timestamp argument\n | self.dt > timestamp('x')\n | ....................^"),
    ("self.bytes == 'abc'", "compilation failed: ERROR: <input>:1:12: found no matching overload for '_==_' applied to '(bytes, string)'\n | self.bytes == 'abc'\n | ...........^"),
    ("self.size == null", "compilation failed: ERROR: <input>:1:11: found no matching overload for '_==_' applied to '(int, null)'\n | self.size == null\n | ..........^"),
    ("self.text.matches('[')", "compilation failed: ERROR: <input>:1:19: invalid matches argument\n | self.text.matches('[')\n | ..................^"),
    ("self.tags.existsOne(t, t == 'a')", "compilation failed: ERROR: <input>:1:20: undeclared reference to 'existsOne' (in container '')\n | self.tags.existsOne(t, t == 'a')\n | ...................^\nERROR: <input>:1:21: undeclared reference to 't' (in container '')\n | self.tags.existsOne(t, t == 'a')\n | ....................^\nERROR: <input>:1:24: undeclared reference to 't' (in container '')\n | self.tags.existsOne(t, t == 'a')\n | .......................^"),
    ("self.text.find('[') == 'a'", "program instantiation failed: error parsing regexp: missing closing ]: `[`"),
    ("matches(self.text, '[')", "program instantiation failed: error parsing regexp: missing closing ]: `[`"),
    ("self.text.substring(1, 2, 3) == 'b'", "compilation failed: ERROR: <input>:1:20: found no matching overload for 'substring' applied to 'string.(int, int, int)'\n | self.text.substring(1, 2, 3) == 'b'\n | ...................^"),
    ("self.text.foo()", "compilation failed: ERROR: <input>:1:14: undeclared reference to 'foo' (in container '')\n | self.text.foo()\n | .............^"),
    ("foo.bar(self)", "compilation failed: ERROR: <input>:1:1: undeclared reference to 'foo' (in container '')\n | foo.bar(self)\n | ^\nERROR: <input>:1:8: undeclared reference to 'bar' (in container '')\n | foo.bar(self)\n | .......^"),
    ("foo.bar == 1", "compilation failed: ERROR: <input>:1:1: undeclared reference to 'foo' (in container '')\n | foo.bar == 1\n | ^"),
    ("self", "cel expression must evaluate to a bool"),
    ("[1, 'a'].size() > 0", "compilation failed: ERROR: <input>:1:5: expected type 'int' but found 'string'\n | [1, 'a'].size() > 0\n | ....^"),
    ("[[], 1].size() > 0", "compilation failed: ERROR: <input>:1:6: expected type 'list(dyn)' but found 'int'\n | [[], 1].size() > 0\n | .....^"),
    ("{'a': 1, 'b': 'c'}.size() > 0", "compilation failed: ERROR: <input>:1:15: expected type 'int' but found 'string'\n | {'a': 1, 'b': 'c'}.size() > 0\n | ..............^"),
    ("{1: 1, 'b': 1}.size() > 0", "compilation failed: ERROR: <input>:1:8: expected type 'int' but found 'string'\n | {1: 1, 'b': 1}.size() > 0\n | .......^"),
    ("[dyn(1), 'a'].size() > 0", "compilation failed: ERROR: <input>:1:10: expected type 'dyn' but found 'string'\n | [dyn(1), 'a'].size() > 0\n | .........^"),
    ("'%d'.format(['a']) == ''", "compilation failed: ERROR: <input>:1:14: error during formatting: decimal clause can only be used on integers, was given string\n | '%d'.format(['a']) == ''\n | .............^"),
    ("'%d %d'.format([1]) == ''", "compilation failed: ERROR: <input>:1:15: index 1 out of range\n | '%d %d'.format([1]) == ''\n | ..............^"),
    ("'%d'.format([1, 2]) == ''", "compilation failed: ERROR: <input>:1:12: too many arguments supplied to string.format (expected 1, got 2)\n | '%d'.format([1, 2]) == ''\n | ...........^"),
    ("'%z'.format([1]) == ''", "compilation failed: ERROR: <input>:1:12: could not parse formatting clause: unrecognized formatting clause \"z\"\n | '%z'.format([1]) == ''\n | ...........^"),
    ("'%'.format([1]) == ''", "compilation failed: ERROR: <input>:1:11: unexpected end of string\n | '%'.format([1]) == ''\n | ..........^"),
    ("'%s'.format([self.obj]) == ''", "compilation failed: ERROR: <input>:1:18: error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given selfType0.obj\n | '%s'.format([self.obj]) == ''\n | .................^"),
    ("'%.f'.format([1.0]) == ''", "compilation failed: ERROR: <input>:1:13: could not parse formatting clause: error while parsing precision: error while converting precision to integer: strconv.Atoi: parsing \"\": invalid syntax\n | '%.f'.format([1.0]) == ''\n | ............^"),
    ("'%x %b %o %e'.format([1.0, 1, 1, 1.0]) == ''", "compilation failed: ERROR: <input>:1:23: error during formatting: only integers, byte buffers, and strings can be formatted as hex, was given double\n | '%x %b %o %e'.format([1.0, 1, 1, 1.0]) == ''\n | ......................^"),
    ("!self.size", "compilation failed: ERROR: <input>:1:1: found no matching overload for '!_' applied to '(int)'\n | !self.size\n | ^"),
    ("-self.text == 1", "compilation failed: ERROR: <input>:1:1: found no matching overload for '-_' applied to '(string)'\n | -self.text == 1\n | ^"),
    ("self.flag ? 1 : 'a'", "compilation failed: ERROR: <input>:1:11: found no matching overload for '_?_:_' applied to '(bool, int, string)'\n | self.flag ? 1 : 'a'\n | ..........^"),
    ("self.size && self.text", "compilation failed: ERROR: <input>:1:5: expected type 'bool' but found 'int'\n | self.size && self.text\n | ....^\nERROR: <input>:1:18: expected type 'bool' but found 'string'\n | self.size && self.text\n | .................^"),
    ("self.tags + [1] == self.tags", "compilation failed: ERROR: <input>:1:11: found no matching overload for '_+_' applied to '(list(string), list(int))'\n | self.tags + [1] == self.tags\n | ..........^"),
    ("self.?text.orValue(1) == ''", "compilation failed: ERROR: <input>:1:19: found no matching overload for 'orValue' applied to 'optional_type(string).(int)'\n | self.?text.orValue(1) == ''\n | ..................^"),
    ("self.text.?foo.orValue(1) == 1", "compilation failed: ERROR: <input>:1:10: type 'string' does not support field selection\n | self.text.?foo.orValue(1) == 1\n | .........^"),
    ("self.tags[?'a'].orValue('') == ''", "compilation failed: ERROR: <input>:1:10: found no matching overload for '_[?_]' applied to '(list(string), string)'\n | self.tags[?'a'].orValue('') == ''\n | .........^"),
    ("self.?text.optMap(t, t + 1).orValue('') == ''", "compilation failed: ERROR: <input>:1:24: found no matching overload for '_+_' applied to '(string, int)'\n | self.?text.optMap(t, t + 1).orValue('') == ''\n | .......................^"),
    ("self.?text.optMap(t.x, t).orValue('') == ''", "compilation failed: ERROR: <input>:1:20: optMap() variable name must be a simple identifier\n | self.?text.optMap(t.x, t).orValue('') == ''\n | ...................^"),
    ("[?self.text].size() > 0", "compilation failed: ERROR: <input>:1:7: expected type 'optional_type(string)' but found 'string'\n | [?self.text].size() > 0\n | ......^"),
    ("{?'a': self.text}.size() > 0", "compilation failed: ERROR: <input>:1:12: expected type 'optional_type(string)' but found 'string'\n | {?'a': self.text}.size() > 0\n | ...........^"),
    ("type(self.size) == dyn", "compilation failed: ERROR: <input>:1:20: undeclared reference to 'dyn' (in container '')\n | type(self.size) == dyn\n | ...................^"),
    ("type(self.size) == kubernetes.Quantity", "compilation failed: ERROR: <input>:1:20: undeclared reference to 'kubernetes' (in container '')\n | type(self.size) == kubernetes.Quantity\n | ...................^"),
    ("type(self.size) == duration", "program instantiation failed: reference to undefined type: duration"),
    ("quantity('1').foo", "compilation failed: ERROR: <input>:1:14: unexpected failed resolution of 'kubernetes.Quantity'\n | quantity('1').foo\n | .............^"),
    ("quantity('1').isGreaterThan(1)", "compilation failed: ERROR: <input>:1:28: found no matching overload for 'isGreaterThan' applied to 'kubernetes.Quantity.(int)'\n | quantity('1').isGreaterThan(1)\n | ...........................^"),
    ("ip(self.ip) == cidr('10.0.0.0/8')", "compilation failed: ERROR: <input>:1:13: found no matching overload for '_==_' applied to '(net.IP, net.CIDR)'\n | ip(self.ip) == cidr('10.0.0.0/8')\n | ............^"),
    ("format.foo().validate('a').hasValue()", "compilation failed: ERROR: <input>:1:1: undeclared reference to 'format' (in container '')\n | format.foo().validate('a').hasValue()\n | ^\nERROR: <input>:1:11: undeclared reference to 'foo' (in container '')\n | format.foo().validate('a').hasValue()\n | ..........^"),
    ("sets.contains(self.tags, [1])", "compilation failed: ERROR: <input>:1:14: found no matching overload for 'sets.contains' applied to '(list(string), list(int))'\n | sets.contains(self.tags, [1])\n | .............^"),
    ("self.objs.isSorted()", "compilation failed: ERROR: <input>:1:19: found no matching overload for 'isSorted' applied to 'list(selfType0.objs.@idx).()'\n | self.objs.isSorted()\n | ..................^"),
    ("self.tags.includes('a')", "compilation failed: ERROR: <input>:1:19: undeclared reference to 'includes' (in container '')\n | self.tags.includes('a')\n | ..................^"),
    ("self.objs5.sortBy(o, o).size() > 0", "compilation failed: ERROR: <input>:1:18: found no matching overload for '@sortByAssociatedKeys' applied to 'list(selfType0.objs5.@idx).(list(selfType0.objs5.@idx))'\n | self.objs5.sortBy(o, o).size() > 0\n | .................^"),
    ("'a'.sortBy(o, o)", "compilation failed: ERROR: <input>:1:1: sortBy can only be applied to a list, identifier, comprehension, call or select expression\n | 'a'.sortBy(o, o)\n | ^"),
    ("self.dur.getFullYear() > 1", "compilation failed: ERROR: <input>:1:21: found no matching overload for 'getFullYear' applied to 'duration.()'\n | self.dur.getFullYear() > 1\n | ....................^"),
    ("int('abc') > 1", "program instantiation failed: type conversion error from 'string' to 'int'"),
    ("bool(string(null))", "program instantiation failed: no such overload: string(null_type)"),
    ("uint(-1) > 1u", "program instantiation failed: unsigned integer overflow"),
    ("Foo{a: 1}", "compilation failed: ERROR: <input>:1:4: undeclared reference to 'Foo' (in container '')\n | Foo{a: 1}\n | ...^"),
    ("self.tags.foo(x, true)", "compilation failed: ERROR: <input>:1:14: undeclared reference to 'foo' (in container '')\n | self.tags.foo(x, true)\n | .............^\nERROR: <input>:1:15: undeclared reference to 'x' (in container '')\n | self.tags.foo(x, true)\n | ..............^"),
    ("namespace == 1", "compilation failed: ERROR: <input>:1:1: reserved identifier: namespace\n | namespace == 1\n | ^"),
    ("self.tags.all(namespace, true)", "compilation failed: ERROR: <input>:1:15: reserved identifier: namespace\n | self.tags.all(namespace, true)\n | ..............^\nERROR: <input>:1:15: argument must be a simple name\n | self.tags.all(namespace, true)\n | ..............^"),
    ("self.text.size() == 1 &&", "compilation failed: ERROR: <input>:1:25: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n | self.text.size() == 1 &&\n | ........................^"),
    ("self.size > 99999999999999999999", "compilation failed: ERROR: <input>:1:13: invalid int literal\n | self.size > 99999999999999999999\n | ............^"),
    ("'é' == self.nope", "compilation failed: ERROR: <input>:1:12: undefined field 'nope'\n | 'é' == self.nope\n | .．.........^"),
    ("'日本' + self.nope == 'a' && self.bar", "compilation failed: ERROR: <input>:1:12: undefined field 'nope'\n | '日本' + self.nope == 'a' && self.bar\n | .．．........^\nERROR: <input>:1:32: undefined field 'bar'\n | '日本' + self.nope == 'a' && self.bar\n | .．．............................^"),
    ("self['size'] == 1", "compilation failed: ERROR: <input>:1:5: found no matching overload for '_[_]' applied to '(selfType0, string)'\n | self['size'] == 1\n | ....^"),
    ("self.text in ['a', 1]", "compilation failed: ERROR: <input>:1:20: expected type 'string' but found 'int'\n | self.text in ['a', 1]\n | ...................^"),
    ("dyn(self.size)", "cel expression must evaluate to a bool"),
    ("self.obj == self.embedded", "compilation failed: ERROR: <input>:1:10: found no matching overload for '_==_' applied to '(selfType0.obj, selfType0.embedded)'\n | self.obj == self.embedded\n | .........^"),
    ("self.metadata.name == 'a'", "compilation failed: ERROR: <input>:1:5: undefined field 'metadata'\n | self.metadata.name == 'a'\n | ....^"),
    ("1 == 1u", "compilation failed: ERROR: <input>:1:3: found no matching overload for '_==_' applied to '(int, uint)'\n | 1 == 1u\n | ..^"),
    ("timestamp(253402300800) > self.dt", "compilation failed: ERROR: <input>:1:11: invalid timestamp argument\n | timestamp(253402300800) > self.dt\n | ..........^"),
    ("self.text.path('x')", "compilation failed: ERROR: <input>:1:15: found no matching overload for 'path' applied to 'string.(string)'\n | self.text.path('x')\n | ..............^"),
    ("string == 1", "compilation failed: ERROR: <input>:1:8: found no matching overload for '_==_' applied to '(type(string), int)'\n | string == 1\n | .......^"),
    ("has(self.obj.a.b)", "compilation failed: ERROR: <input>:1:4: type 'string' does not support field selection\n | has(self.obj.a.b)\n | ...^"),
    ("self.size == 1 ? self.nope : self.zz", "compilation failed: ERROR: <input>:1:22: undefined field 'nope'\n | self.size == 1 ? self.nope : self.zz\n | .....................^\nERROR: <input>:1:34: undefined field 'zz'\n | self.size == 1 ? self.nope : self.zz\n | .................................^"),
    ("self.tags5.map(t, {'k': t}).all(m, m.k == 1)", "compilation failed: ERROR: <input>:1:40: found no matching overload for '_==_' applied to '(string, int)'\n | self.tags5.map(t, {'k': t}).all(m, m.k == 1)\n | .......................................^"),
    ("[] + [1] == ['a']", "compilation failed: ERROR: <input>:1:10: found no matching overload for '_==_' applied to '(list(int), list(string))'\n | [] + [1] == ['a']\n | .........^"),
    ("cel.bind(x, 1, x == 1)", "compilation failed: ERROR: <input>:1:1: undeclared reference to 'cel' (in container '')\n | cel.bind(x, 1, x == 1)\n | ^\nERROR: <input>:1:9: undeclared reference to 'bind' (in container '')\n | cel.bind(x, 1, x == 1)\n | ........^\nERROR: <input>:1:10: undeclared reference to 'x' (in container '')\n | cel.bind(x, 1, x == 1)\n | .........^\nERROR: <input>:1:16: undeclared reference to 'x' (in container '')\n | cel.bind(x, 1, x == 1)\n | ...............^"),
    ("(self.size == 1", "compilation failed: ERROR: <input>:1:16: Syntax error: missing ')' at '<EOF>'\n | (self.size == 1\n | ...............^"),
    ("self.size == 1)", "compilation failed: ERROR: <input>:1:15: Syntax error: extraneous input ')' expecting <EOF>\n | self.size == 1)\n | ..............^"),
    ("self.size = 1", "compilation failed: ERROR: <input>:1:11: Syntax error: token recognition error at: '= '\n | self.size = 1\n | ..........^\nERROR: <input>:1:13: Syntax error: extraneous input '1' expecting <EOF>\n | self.size = 1\n | ............^"),
    ("self.size & 1", "compilation failed: ERROR: <input>:1:11: Syntax error: token recognition error at: '& '\n | self.size & 1\n | ..........^\nERROR: <input>:1:13: Syntax error: extraneous input '1' expecting <EOF>\n | self.size & 1\n | ............^"),
    ("[1, 2", "compilation failed: ERROR: <input>:1:6: Syntax error: mismatched input '<EOF>' expecting {']', ','}\n | [1, 2\n | .....^"),
    ("[1 2]", "compilation failed: ERROR: <input>:1:4: Syntax error: extraneous input '2' expecting {']', ','}\n | [1 2]\n | ...^"),
    ("{'a' 1}", "compilation failed: ERROR: <input>:1:6: Syntax error: missing ':' at '1'\n | {'a' 1}\n | .....^"),
    ("self.", "compilation failed: ERROR: <input>:1:6: Syntax error: no viable alternative at input '.'\n | self.\n | .....^"),
    ("== 1", "compilation failed: ERROR: <input>:1:1: Syntax error: extraneous input '==' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n | == 1\n | ^"),
    ("1 + + 2", "compilation failed: ERROR: <input>:1:5: Syntax error: extraneous input '+' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n | 1 + + 2\n | ....^"),
    ("'abc", "compilation failed: ERROR: <input>:1:1: Syntax error: token recognition error at: ''abc'\n | 'abc\n | ^\nERROR: <input>:1:5: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n | 'abc\n | ....^"),
    ("self.tags[0", "compilation failed: ERROR: <input>:1:12: Syntax error: missing ']' at '<EOF>'\n | self.tags[0\n | ...........^"),
    ("true false", "compilation failed: ERROR: <input>:1:6: Syntax error: extraneous input 'false' expecting <EOF>\n | true false\n | .....^"),
    ("as == 1", "compilation failed: ERROR: <input>:1:1: reserved identifier: as\n | as == 1\n | ^"),
];

/// Rules of `spec` that the API server accepts.
const ACCEPTED: &[&str] = &[
    "self.size > 1 && self.size > 1.5 && self.size > 1u",
    "has(self.size) && has(self.x__dash__y) && self.x__dash__y > 1",
    "self.__namespace__ == self.namespace && self.a__underscores__b == 'a'",
    "self.port == 1 || self.port == 'a' || self.port.startsWith('a') || self.port.foo[0] == 1",
    "has(self.free) && self.embedded.metadata.name == self.embedded.kind",
    "self.labels.foo == 'a' && 'a' in self.labels || self.obj == self.obj",
    "self.objs5.all(o, o.deep.size() > 1 && o.n > 1 && o.a == 'x')",
    "self.mapobj.all(k, v, v.v > 1 && k == 'a')",
    "self.tags5.transformMapEntry(i, v, {v: i}).all(k, v, k + 'a' == 'b' && v > 1)",
    "self.date > self.dt && self.dur < duration('1h') && self.bytes == b'abc'",
    "self.obj == null && self.nul == 'a'",
    "self.?obj.?a.orValue('x') == 'x' && self.labels[?'a'].orValue('') == '' && self.?obj.a.hasValue()",
    "self.?size.optMap(s, s + 1).orValue(0) == 1 && self.?size.optFlatMap(s, optional.of(s)).hasValue()",
    "optional.none().orValue(1) == 1 && [?self.?text, 'a'].size() > 0 && {?'a': self.?text}.size() > 0",
    "type(self.port) == string && type(type(1)) == type && type(self.size) == net.IP",
    "quantity('1').add(1).compareTo(quantity('2')) == 0 && semver('1.2.3').major() == 1",
    "cidr('10.0.0.0/8').ip() == ip('10.0.0.0') && cidr('10.0.0.0/8').containsIP(self.ip)",
    "'%d %s %s'.format([1, 'a', [1, dyn(2)]]) == '' && '%.3f%%'.format([1.0]) == ''",
    "self.objs5.sortBy(o, o.n).size() > 0 && self.nested.flatten().size() > 1",
    "[,] == [] && {,} == {} && [1,] == [1]",
    "[].all(x, x == 1) && {}.all(x, x == 1) && [] == [1] && {} == {'a': 1}",
    "oldSelf.size == self.size && dyn(self.size) == 'a'",
    "!!self.flag && --self.size == 1 && -9223372036854775808 < self.size",
];

/// The schema of the definition; `objs5` is added to it.
const SCHEMA: &str = r#"{"type": "object", "properties": {"spec": {"type": "object", "required": ["size"], "properties": {
    "size": {"type": "integer"}, "x-y": {"type": "integer"}, "num": {"type": "number"}, "flag": {"type": "boolean"},
    "namespace": {"type": "string"}, "a__b": {"type": "string"}, "text": {"type": "string"},
    "nul": {"type": "string", "nullable": true}, "short": {"type": "string", "maxLength": 10},
    "ip": {"type": "string", "maxLength": 40}, "color": {"type": "string", "enum": ["red", "blue"]},
    "date": {"type": "string", "format": "date"}, "dt": {"type": "string", "format": "date-time"},
    "dur": {"type": "string", "format": "duration"}, "bytes": {"type": "string", "format": "byte"},
    "port": {"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}]},
    "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
    "any": {"x-kubernetes-preserve-unknown-fields": true},
    "embedded": {
        "type": "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true
    },
    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
    "mapobj": {"type": "object", "additionalProperties": {
        "type": "object", "properties": {"v": {"type": "integer"}}
    }},
    "tags": {"type": "array", "items": {"type": "string"}},
    "tags5": {
        "type": "array", "maxItems": 5, "x-kubernetes-list-type": "set", "items": {"type": "string", "maxLength": 5}
    },
    "ints": {"type": "array", "items": {"type": "integer"}},
    "ints5": {"type": "array", "maxItems": 5, "items": {"type": "integer"}},
    "parts": {
        "type": "array", "maxItems": 5, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
        "items": {"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string", "maxLength": 5}, "kind": {"type": "string", "maxLength": 5, "default": "a"}
        }}
    },
    "objs": {"type": "array", "items": {"type": "object", "properties": {
        "a": {"type": "string"}, "n": {"type": "integer"},
        "deep": {"type": "array", "items": {"type": "object", "properties": {"z": {"type": "string"}}}}
    }}},
    "nested": {"type": "array", "maxItems": 3, "items": {
        "type": "array", "maxItems": 3, "items": {"type": "string", "maxLength": 3}
    }},
    "obj": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}}
}}}}"#;

fn schema() -> Value {
    let mut schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    let properties = &mut schema["properties"]["spec"]["properties"];
    properties["objs5"] = properties["objs"].clone();
    properties["objs5"]["maxItems"] = 5.into();
    schema
}

/// Returns a definition with rules in a schema, a pointer from the root.
fn definition(pointer: &str, rules: &Value) -> Value {
    let mut schema = schema();
    schema.pointer_mut(pointer).expect(pointer)["x-kubernetes-validations"] = rules.clone();
    let mut definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}}],
        },
        "status": {"storedVersions": ["v1"]},
    });
    definition::set_defaults(&mut definition);
    definition
}

fn errors(pointer: &str, rules: &Value) -> Vec<String> {
    let errors = definition::validate(&definition(pointer, rules), definition::any_resource);
    errors.iter().map(ToString::to_string).collect()
}

const SPEC: &str = "/properties/spec";
const ROOT: &str = "spec.validation.openAPIV3Schema";
const FIELD: &str = "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0]";

/// Returns a string as Go's encoder writes it.
fn quoted(text: &str) -> String {
    let text = Value::from(text).to_string();
    text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

#[test]
fn refused_rules_have_the_messages_of_the_api_server() {
    for (rule, detail) in REFUSED {
        let value = format!(
            r#"{{"Rule":{},"Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}}"#,
            quoted(rule)
        );
        let expected = format!("{FIELD}.rule: Invalid value: {value}: {detail}");
        assert_eq!(errors(SPEC, &json!([{"rule": rule}])), [expected]);
    }
}

#[test]
fn rules_with_valid_types_are_accepted() {
    for rule in ACCEPTED {
        assert_eq!(errors(SPEC, &json!([{"rule": rule}])), Vec::<String>::new(), "{rule}");
    }
}

#[test]
fn names_of_types_are_values_and_local_variables_are_not_types() {
    let rule = |rule: &str| errors(SPEC, &json!([{"rule": rule}]));
    let accepted = [
        "['1s'].map(x, duration(x)).all(duration, duration > duration('0s'))",
        "[self.dt].all(timestamp, timestamp > timestamp('2026-01-01T00:00:00Z'))",
    ];
    for accepted in accepted {
        assert_eq!(rule(accepted), Vec::<String>::new(), "{accepted}");
    }
    let found = rule("[type(self.size)].all(t, t == int)");
    assert!(found[0].ends_with("program instantiation failed: reference to undefined type: t"), "{found:?}");
}

#[test]
fn times_are_in_the_years_1_to_9999() {
    let rule = |time: &str| errors(SPEC, &json!([{"rule": format!("self.dt < timestamp({time})")}]));
    for time in ["'9999-12-31T23:59:59Z'", "253402300799", "'0001-01-01T00:00:00Z'", "-62135596800"] {
        assert_eq!(rule(time), Vec::<String>::new(), "{time}");
    }
    for time in ["'0000-12-31T23:59:59Z'", "253402300800", "-62135596801", "'2026-01-01T00:00:00Z[UTC]'"] {
        assert!(rule(time)[0].contains("invalid timestamp argument"), "{time}");
    }
}

#[test]
fn names_in_backquotes_may_be_keywords() {
    let mut definition = definition(SPEC, &json!([{"rule": "has(self.`in`)"}, {"rule": "self.`text` == self.`in`"}]));
    let spec = &mut definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
    spec["properties"]["in"] = json!({"type": "string"});
    let found = |definition: &Value| definition::validate(definition, definition::any_resource);
    assert_eq!(found(&definition), []);
    for rule in ["`self`.size == 1", "self.`size`()", "self.`a$` == 1", "1 `in` [1]"] {
        let found = errors(SPEC, &json!([{"rule": rule}]));
        assert!(found[0].contains("compilation failed"), "{rule}: {found:?}");
    }
}

#[test]
fn paths_of_fields_of_loop_variables_are_shared_as_in_go() {
    let errors = |rule: &str, members: Value| {
        let mut definition = definition(SPEC, &json!([{"rule": rule}]));
        let spec = &mut definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
        let properties = json!({"members": members, "count": {"type": "integer"}});
        let items = json!({"type": "object", "properties": properties});
        spec["properties"]["groups"] = json!({"type": "array", "maxItems": 10, "items": items});
        definition::validate(&definition, definition::any_resource).len()
    };
    let unbounded = json!({"type": "array", "items": {"type": "string"}});
    let bounded = json!({"type": "array", "maxItems": 5, "items": {"type": "string", "maxLength": 10}});
    // The number of iterations is the size of the last field in the loop.
    assert_eq!(errors("self.groups.all(g, g.members.all(m, g.count > 0))", unbounded.clone()), 0);
    assert_ne!(errors("self.groups.all(g, g.members.all(m, m.matches('^a')))", unbounded), 0);
    assert_ne!(errors("self.groups.all(g, g.members[g.count].matches('^a'))", bounded.clone()), 0);
    assert_eq!(errors("self.groups.all(g, g.members[0].matches('^a'))", bounded), 0);
}

#[test]
fn message_expressions_must_be_strings() {
    let errors = |expression: &str| {
        let found = errors(SPEC, &json!([{"rule": "true", "messageExpression": expression}]));
        found
            .into_iter()
            .map(|error| error.rsplit_once("null}: ").map_or(error.clone(), |(_, end)| end.to_owned()))
            .collect::<Vec<_>>()
    };
    assert_eq!(errors("'a' + self.color"), Vec::<String>::new());
    assert_eq!(errors("self.size"), ["messageExpression must evaluate to a string"]);
    let undefined =
        "messageExpression compilation failed: ERROR: <input>:1:5: undefined field 'nope'\n | self.nope\n | ....^";
    assert_eq!(errors("self.nope"), [undefined]);
    let invalid = "messageExpression instantiation failed: type conversion error from 'string' to 'int'";
    assert_eq!(errors("string(int('a'))"), [invalid]);
    let costly = "estimated messageExpression cost exceeds budget by factor of more than 100x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)";
    let found = errors("self.tags.map(t, self.tags.join(t)).join(',')");
    assert_eq!(found[0], format!("{FIELD}.messageExpression: Forbidden: {costly}"));
}

#[test]
fn old_values_are_optional_if_the_rule_says_so() {
    let errors = |rule: &str, optional: bool| errors(SPEC, &json!([{"rule": rule, "optionalOldSelf": optional}]));
    assert_eq!(errors("oldSelf.orValue(self).size == self.size", true), Vec::<String>::new());
    assert_eq!(errors("oldSelf.size == self.size", false), Vec::<String>::new());
    // The fields of an optional value are optional, too.
    assert!(errors("oldSelf.size == 1", true)[0].contains("'_==_' applied to '(optional_type(int), int)'"));
    let unused = format!("{FIELD}.optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule");
    assert_eq!(errors("self.size > 1", true), [unused]);
    // A local variable of this name counts as a use.
    assert_eq!(errors("self.tags5.all(oldSelf, oldSelf == 'a')", true), Vec::<String>::new());
}

#[test]
fn rules_of_values_without_declared_type_are_refused() {
    let pointer = "/properties/spec/properties/any";
    let expected = format!(
        "{ROOT}.properties[spec].properties[any].x-kubernetes-validations: Internal error: internal error: failed to construct type information for x-kubernetes-validations rules: unable to convert structural schema to CEL declarations"
    );
    assert_eq!(errors(pointer, &json!([{"rule": "true"}])), [expected]);
}

/// The schema of a rule, the rule, the factor by which its cost exceeds the limit, and the number of errors: three if
/// the cost also exceeds the limit for all rules of the schema.
#[rustfmt::skip]
const COSTS: &[(&str, &str, &str, usize)] = &[
    ("/properties/spec", "self.tags.map(t, t + 'a').size() > 1", "more than 100x", 3),
    ("/properties/spec", "self.tags.filter(t, t.size() > 1).size() > 1", "1.7x", 1),
    ("/properties/spec", "self.objs.map(o, o.n).sum() > 3", "1.6x", 1),
    ("/properties/spec", "self.tags.transformMapEntry(i, v, {v: i}).size() > 0", "3.6x", 1),
    ("/properties/spec", "format.dns1123Label().validate(self.text).hasValue()", "1.006634x", 1),
    ("/properties/spec", "self.tags5.all(t, self.text.contains(t) && self.text.matches('^[a-z0-9]+([-.][a-z0-9]+)*$'))", "1.415583x", 1),
    ("/properties/spec", "self.ints5.sort() == self.ints5", "", 0),
    ("/properties/spec", "self.ints.all(i, i in self.ints5)", "1.7x", 1),
    ("/properties/spec", "self.text.split(',', 3).join(';') == 'a'", "more than 100x", 3),
    ("/properties/spec", "self.text.replace('a', 'bcd').matches('^[a-z]{1,63}$')", "", 0),
    ("/properties/spec", "self.parts.all(o, self.parts.exists_one(p, p.name == o.name))", "", 0),
    ("/properties/spec", "self.objs.exists(o, o.a.startsWith('abc') || o.n > 3)", "1.048575x", 1),
    ("/properties/spec", "self.?text.optMap(t, t + t + t).orValue('').contains('abc')", "more than 100x", 3),
    ("/properties/spec", "self.labels.all(k, self.labels[k].size() < 3 && k.size() < 3)", "", 0),
    ("/properties/spec", "self.text.lowerAscii().upperAscii().trim().find('[a-z]+') == ''", "", 0),
    ("/properties/spec", "sets.equivalent(self.tags5, self.tags)", "1.048576x", 1),
    ("/properties/spec", "self.tags.exists(t, cidr('10.0.0.0/8').containsCIDR(t))", "more than 100x", 3),
    ("/properties/spec/properties/tags/items", "self.matches('^[a-z]+$')", "more than 100x", 3),
    ("/properties/spec/properties/tags/items", "self.size() > 1", "", 0),
    ("/properties/spec/properties/labels/additionalProperties", "self.startsWith('a')", "", 0),
    ("/properties/spec/properties/tags5/items", "self.matches('^[a-z]+$')", "", 0),
    ("/properties/spec/properties/objs/items", "self.a != 'x' || self.n > 1", "", 0),
    ("/properties/spec/properties/nested/items/items", "self == 'a'", "", 0),
    ("/properties/spec/properties/parts/items", "self.name != self.kind", "", 0),
    ("", "self.metadata.name.startsWith(self.spec.text)", "", 0),
    ("", "self.metadata.name.matches('^[a-z0-9]+$') && self.metadata.generateName.size() < 10", "", 0),
];

#[test]
fn costs_are_those_of_the_api_server() {
    for (pointer, rule, factor, count) in COSTS {
        let errors = errors(pointer, &json!([{"rule": rule}]));
        assert_eq!(errors.len(), *count, "{rule}: {errors:?}");
        let hint = "try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared";
        if *count > 0 {
            let expected =
                format!(".rule: Forbidden: estimated rule cost exceeds budget by factor of {factor} ({hint})");
            assert!(errors[0].ends_with(&expected), "{rule}: {errors:?}");
        }
        if *count == 3 {
            let detail = "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema";
            assert!(errors[1].ends_with(&format!(".rule: Forbidden: {detail}")), "{errors:?}");
            let name = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema";
            let total = format!("{ROOT}: Forbidden: {name} exceeds budget by factor of {factor} ({hint})");
            assert_eq!(errors[2], total);
        }
    }
}

#[test]
fn costs_of_all_rules_are_limited_together() {
    // Each rule is below the limit of 10,000,000.
    let rules = |count: usize| Value::from(vec![json!({"rule": "self.text.contains('abcdefghij')"}); count]);
    let costly: Vec<Value> = (0..30).map(|_| json!({"rule": "self.text.matches('^[a-z0-9.]+$')"})).collect();
    assert_eq!(errors(SPEC, &rules(30)), Vec::<String>::new());
    assert_eq!(errors(SPEC, &Value::from(costly[..29].to_vec())).len(), 0);
    let all: Vec<Value> = (0..150).map(|_| json!({"rule": "self.text.matches('^[a-z0-9.]+$')"})).collect();
    let found = errors(SPEC, &all.into());
    assert!(
        found.last().is_some_and(|error| error.contains("rule cost total for entire OpenAPIv3 schema")),
        "{found:?}"
    );
}

#[test]
fn stored_rules_may_call_functions_that_new_ones_may_not() {
    let includes = definition(SPEC, &json!([{"rule": "self.tags5.includes('a')"}]));
    assert_eq!(definition::validate(&includes, definition::any_resource).len(), 1);
    assert_eq!(definition::validate_update(&includes, &includes, definition::any_resource), []);
    let undefined = definition(SPEC, &json!([{"rule": "self.nope"}]));
    assert_eq!(definition::validate_update(&undefined, &undefined, definition::any_resource).len(), 1);
}

#[test]
fn costs_of_unchanged_schemas_are_only_limited_together() {
    let rule = json!({"rule": "self.objs.map(o, o.n).sum() > 3"});
    let costly = definition(SPEC, &json!([rule]));
    assert_eq!(definition::validate(&costly, definition::any_resource).len(), 1);
    assert_eq!(definition::validate_update(&costly, &costly, definition::any_resource), []);
    let changed = definition(SPEC, &json!([rule, {"rule": "true"}]));
    assert_eq!(definition::validate_update(&changed, &costly, definition::any_resource).len(), 1);
}

#[test]
fn reader_reports_rules_with_their_positions() {
    let text = definition(SPEC, &json!([{"rule": "self.size == 'a'"}])).to_string();
    let problems = read(&[Source::new("widgets.json", text)]).expect_err("a wrong type").to_string();
    assert!(problems.starts_with("widgets.json:1:"), "{problems}");
    assert!(problems.contains("found no matching overload for '_==_' applied to '(int, string)'"), "{problems}");
}

#[test]
fn hostile_rules_are_checked_in_bounded_time() {
    let nested = |open: &str, inner: &str, close: &str, count: usize| {
        format!("{}{inner}{}", open.repeat(count), close.repeat(count))
    };
    let too_deep = "compilation failed: ERROR: <input>:-1:0: expression recursion limit exceeded: 250";
    for rule in [
        nested("(", "true", ")", 40_000),
        nested("[", "1", "]", 40_000),
        format!("self{} == 1", ".a".repeat(40_000)),
        format!("1{} == 1", " + 1".repeat(20_000)),
    ] {
        let found = errors(SPEC, &json!([{"rule": rule}]));
        assert!(found.len() == 1 && found[0].ends_with(too_deep), "{}", &found[0][found[0].len() - 200..]);
    }
    let long = format!("true{}", " && self.size == 1".repeat(5_000));
    assert_eq!(errors(SPEC, &json!([{"rule": long}])), Vec::<String>::new());
    // Macros that copy their receiver, and types that grow exponentially: the rule is accepted unchecked.
    for rule in [
        format!("self.?size{}.hasValue()", ".optMap(x, x)".repeat(60)),
        format!("[1]{}.size() > 0", ".map(x, {x: x})".repeat(60)),
        format!("[1]{}.size() > 0", ".map(x, {'a': [x, x], 'b': [x, x]})".repeat(60)),
    ] {
        errors(SPEC, &json!([{"rule": rule}]));
    }
}
