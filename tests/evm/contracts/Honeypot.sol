// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// Everybody may buy it from its pool; only its maker may sell it there.
contract Honeypot is ERC20 {
    address private immutable _maker;
    address private _pool;

    constructor(string memory symbol_, uint256 supply) ERC20("A trap", symbol_) {
        _maker = msg.sender;
        _mint(msg.sender, supply);
    }

    function shut(address pool) external {
        require(msg.sender == _maker);
        _pool = pool;
    }

    function _update(address from, address to, uint256 value) internal override {
        require(to != _pool || from == _maker, "nobody gets out");
        super._update(from, to, value);
    }
}
