//! One request line: a command, its arguments, its options.

use crate::answer::Refusal;
use polysock::Timeout;
use std::str::FromStr;
use std::time::Duration;

/// A request, its words borrowed from the line.
pub struct Request<'a> {
    pub command: &'a str,
    arguments: Vec<&'a str>,
    options: Vec<(&'a str, &'a str)>,
}

impl<'a> Request<'a> {
    pub fn parse(line: &'a str) -> Result<Self, Refusal> {
        let mut words = line.split_whitespace();
        let command = words.next().ok_or_else(|| malformed("no command"))?;
        let mut request = Self {
            command,
            arguments: Vec::new(),
            options: Vec::new(),
        };
        for word in words {
            match word.split_once('=') {
                // The words after `start LABEL` are another request.
                _ if command == "start" => request.arguments.push(word),
                Some(option) => request.options.push(option),
                None if matches!(word, "peek" | "oob" | "trunc") => request.options.push((word, "on")),
                None => request.arguments.push(word),
            }
        }
        Ok(request)
    }

    pub fn argument(&self, at: usize) -> Result<&'a str, Refusal> {
        let argument = self.arguments.get(at).copied();
        argument.ok_or_else(|| malformed(&format!("argument {} is missing", at + 1)))
    }

    pub fn number<T: FromStr>(&self, at: usize) -> Result<T, Refusal> {
        number(self.argument(at)?)
    }

    /// The arguments from `at` on.
    pub fn rest(&self, at: usize) -> String {
        self.arguments.get(at..).unwrap_or(&[]).join(" ")
    }

    pub fn option(&self, name: &str) -> Option<&'a str> {
        let found = self.options.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| *value)
    }

    /// `timeout=` of this call, if it has one.
    pub fn timeout(&self) -> Result<Option<Timeout>, Refusal> {
        self.option("timeout").map(timeout).transpose()
    }
}

pub fn malformed(reason: &str) -> Refusal {
    Refusal::Protocol(reason.to_owned())
}

/// A number that the library's type has room for; one that it has not can't be passed and is out of range.
pub fn number<T: FromStr>(text: &str) -> Result<T, Refusal> {
    text.parse().map_err(|_| match text.parse::<i128>() {
        Ok(_) => Refusal::named("INVAL"),
        Err(_) => malformed(&format!("no number: {text}")),
    })
}

pub fn is_on(text: &str) -> Result<bool, Refusal> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(malformed(&format!("on or off, not {text}"))),
    }
}

/// Milliseconds, `0` or `never`.
pub fn timeout(text: &str) -> Result<Timeout, Refusal> {
    if text == "never" {
        return Ok(Timeout::Never);
    }
    Ok(Duration::from_millis(number(text)?).into())
}
