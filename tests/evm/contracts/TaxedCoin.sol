// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// Keeps a twentieth of every transfer for its maker, and burns a hundredth.
contract TaxedCoin is ERC20 {
    address private immutable _maker;

    constructor(string memory symbol_, uint256 supply) ERC20("A taxed coin", symbol_) {
        _maker = msg.sender;
        _mint(msg.sender, supply);
    }

    function _update(address from, address to, uint256 value) internal override {
        if (from == address(0) || from == _maker || to == _maker) {
            super._update(from, to, value);
            return;
        }
        super._update(from, _maker, value / 20);
        super._update(from, address(0), value / 100);
        super._update(from, to, value - value / 20 - value / 100);
    }
}
