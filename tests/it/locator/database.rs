//! Writes small databases in MMDB format, for tests of what reads them.

/// How a record names its country.
#[derive(Clone, Copy)]
pub enum Form {
    /// `{"country_code": "DE"}`
    Code,
    /// `{"country": {"iso_code": "DE"}}`, after a list and a number.
    Table,
    /// `{"country": "DE"}`
    Name,
    /// `{"colour": "DE"}`
    Nothing,
}

/// A database of these blocks: first address, prefix length, country. `version` is that of IP, `bits` that of a record.
pub fn database(blocks: &[(u128, u32, &str)], (version, bits): (u16, u16), form: Form) -> Vec<u8> {
    let width = if version == 6 { 128 } else { 32 };
    // Children of a node: another node, or the number of a country, or nothing.
    let mut nodes: Vec<[Option<Result<usize, usize>>; 2]> = vec![[None; 2]];
    let mut names: Vec<&str> = Vec::new();
    for (first, length, name) in blocks {
        let number = names.iter().position(|known| known == name).unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        });
        let mut at = 0;
        for depth in 0..*length {
            let side = (first >> (width - 1 - depth) & 1) as usize;
            if depth + 1 == *length {
                nodes[at][side] = Some(Err(number));
            } else {
                let next = match nodes[at][side] {
                    Some(Ok(next)) => next,
                    _ => {
                        nodes.push([None; 2]);
                        nodes.len() - 1
                    }
                };
                nodes[at][side] = Some(Ok(next));
                at = next;
            }
        }
    }
    let (data, places) = records(&names, form);
    let count = nodes.len();
    let mut file = Vec::new();
    for pair in &nodes {
        let record = |child: &Option<Result<usize, usize>>| match child {
            None => count as u32,
            Some(Ok(node)) => *node as u32,
            Some(Err(number)) => (count + 16 + places[*number]) as u32,
        };
        let [a, b] = [record(&pair[0]), record(&pair[1])];
        let ([_, a1, a2, a3], [_, b1, b2, b3]) = (a.to_be_bytes(), b.to_be_bytes());
        match bits {
            24 => file.extend([a1, a2, a3, b1, b2, b3]),
            28 => file.extend([a1, a2, a3, ((a >> 24) << 4 | b >> 24) as u8, b1, b2, b3]),
            _ => file.extend([a.to_be_bytes(), b.to_be_bytes()].concat()),
        }
    }
    file.extend([0; 16]);
    file.extend(&data);
    file.extend(b"\xab\xcd\xefMaxMind.com");
    let number = |out: &mut Vec<u8>, value: u16| out.extend([0xa2, (value >> 8) as u8, value as u8]);
    map(
        &mut file,
        &[
            ("binary_format_major_version", &|out| number(out, 2)),
            ("binary_format_minor_version", &|out| number(out, 0)),
            ("build_epoch", &|out| out.extend([0x04, 0x02, 0x6a, 0, 0, 0])),
            ("database_type", &|out| text(out, "test")),
            ("description", &|out| map(out, &[])),
            ("ip_version", &|out| number(out, version)),
            ("languages", &|out| out.extend([0x00, 0x04])),
            ("node_count", &|out| out.extend([[0xc4].as_slice(), &(count as u32).to_be_bytes()].concat())),
            ("record_size", &|out| number(out, bits)),
        ],
    );
    file
}

/// The data section: a record for each country, and where it begins.
fn records(names: &[&str], form: Form) -> (Vec<u8>, Vec<usize>) {
    let mut data = Vec::new();
    let mut places = Vec::new();
    for name in names {
        places.push(data.len());
        match form {
            Form::Code => map(&mut data, &[("country_code", &|out| text(out, name))]),
            Form::Name => map(&mut data, &[("country", &|out| text(out, name))]),
            Form::Nothing => map(&mut data, &[("colour", &|out| text(out, name))]),
            Form::Table => map(
                &mut data,
                &[
                    ("ages", &|out| out.extend([0x01, 0x04, 0xa1, 7])),
                    ("country", &|out| map(out, &[("iso_code", &|out| text(out, name))])),
                    ("weight", &|out| out.extend([0xc1, 9])),
                ],
            ),
        }
    }
    (data, places)
}

type Write<'a> = &'a dyn Fn(&mut Vec<u8>);

fn text(out: &mut Vec<u8>, text: &str) {
    assert!(text.len() < 29, "a longer text has its length elsewhere");
    out.push(0x40 | text.len() as u8);
    out.extend(text.as_bytes());
}

fn map(out: &mut Vec<u8>, entries: &[(&str, Write<'_>)]) {
    out.push(0xe0 | entries.len() as u8);
    for (key, value) in entries {
        text(out, key);
        value(out);
    }
}
